/** The panel of a tab other than the curves; its code is loaded when the first one is opened. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TabName } from "../../insight/protocol";
import type { InsightModule, InsightSource, LoadInsight } from "../../insight/source";
import type { InsightStore } from "../../insight/store";
import { t } from "../../shared/translation";
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
  const place = useRef<HTMLDivElement>(null);
  const [module, setModule] = useState<InsightModule | "failed" | null>(null);
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
  useEffect(() => {
    // It also makes the kernel send the code of the tab, where no extension has it.
    if (source.interactive) {
      const first = store.pictures.size === 0 && { first: true as const };
      void source.request({ request: "watch", tab, ...first });
    }
  }, [source, tab]);
  useEffect(() => {
    loadInsight().then(setModule, (error) => {
      console.error("kwidgets: the tab could not be loaded.", error);
      setModule("failed");
    });
  }, [loadInsight]);
  useLayoutEffect(() => {
    if (module && module !== "failed") return module.mount(place.current!, source, tab);
  }, [module, source, tab]);
  return (
    <div role="tabpanel" id={`${id}-${tab}-panel`} aria-labelledby={`${id}-${tab}`}>
      {(!module || module === "failed") && (
        <p class="kw-waiting">
          {module ? t("Cannot load this tab. Reload the page to try again.") : t("Loading…")}
        </p>
      )}
      <div ref={place} />
    </div>
  );
}
