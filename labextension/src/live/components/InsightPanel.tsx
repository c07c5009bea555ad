/** The panel of a tab other than the curves, of a fit that a kernel may still know. */

import { useEffect, useMemo } from "preact/hooks";
import { InsightPlace } from "../../insight/components/InsightPlace";
import type { TabName } from "../../insight/protocol";
import type { InsightSource, LoadInsight } from "../../insight/source";
import type { InsightStore } from "../../insight/store";
import type { RunSession } from "../session";

interface InsightPanelProps {
  id: string;
  tab: TabName;
  session: RunSession;
  /** Of all fits of the view. */
  store: InsightStore;
  fit: number;
  loadInsight: LoadInsight;
}

export function InsightPanel({ id, tab, session, store, fit, loadInsight }: InsightPanelProps) {
  const source = useMemo<InsightSource>(
    () => ({
      store,
      fit,
      get interactive() {
        return session.interactive && session.store.connected;
      },
      request: (request) => session.send("insight", request).reply,
    }),
    [session, store, fit],
  );
  // The notebook keeps little of these tabs.
  useEffect(() => session.askKernel(), [session]);
  // After a reload, the kernel may be found only later.
  const { interactive } = source;
  useEffect(() => {
    // It also makes the kernel send the code of the tab, where no extension has it.
    if (interactive) {
      const first = store.pictures.size === 0 && { first: true as const };
      void source.request({ request: "watch", tab, ...first });
    }
  }, [source, tab, interactive]);
  return (
    <div role="tabpanel" id={`${id}-${tab}-panel`} aria-labelledby={`${id}-${tab}`}>
      <InsightPlace source={source} tab={tab} loadInsight={loadInsight} />
    </div>
  );
}
