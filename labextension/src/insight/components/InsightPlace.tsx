/** Where a tab is drawn: its code is loaded when the first one is opened. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";
import type { TabName } from "../protocol";
import type { InsightModule, InsightSource, LoadInsight } from "../source";

interface InsightPlaceProps {
  source: InsightSource;
  tab: TabName;
  loadInsight: LoadInsight;
}

export function InsightPlace({ source, tab, loadInsight }: InsightPlaceProps) {
  const place = useRef<HTMLDivElement>(null);
  const [module, setModule] = useState<InsightModule | "failed" | null>(null);
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
    <>
      {(!module || module === "failed") && (
        <p class="kw-waiting">
          {module ? t("Cannot load this tab. Reload the page to try again.") : t("Loading…")}
        </p>
      )}
      <div ref={place} />
    </>
  );
}
