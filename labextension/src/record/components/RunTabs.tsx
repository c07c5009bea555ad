/** The tabs of a run: what it was, its curves, and what was recorded of what the model saw. */

import { useMemo } from "preact/hooks";
import { InsightPlace } from "../../insight/components/InsightPlace";
import type { InsightSource, LoadInsight } from "../../insight/source";
import { useUniqueId } from "../../shared/hooks";
import { moveTab } from "../../shared/moveTab";
import type { Plotly } from "../../shared/plotly";
import { t } from "../../shared/translation";
import { type OpenRun, RUN_TABS, type RunTab } from "../openRun";
import type { RunsStore } from "../store";
import { RunCharts } from "./RunCharts";

/** How the views load what draws curves and the other tabs. */
export interface Loaders {
  loadPlotly: () => Promise<Plotly>;
  loadInsight: LoadInsight;
}

interface RunTabsProps extends Loaders {
  store: RunsStore;
  open: OpenRun;
  themeRevision: number;
  /** The first tab. */
  overview: preact.ComponentChildren;
}

export function RunTabs({ store, open, overview, themeRevision, ...loaders }: RunTabsProps) {
  const id = useUniqueId("run-tab");
  const { tab } = store;
  return (
    <>
      <div
        class="kw-tabs kw-run-tabs"
        role="tablist"
        aria-label={t("Views of this run")}
        onKeyDown={(event) => moveTab(event, id, RUN_TABS, tab, (next) => store.chooseTab(next))}
      >
        {RUN_TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            class="kw-tab"
            aria-selected={name === tab}
            aria-controls={`${id}-${name}-panel`}
            tabIndex={name === tab ? 0 : -1}
            onClick={() => store.chooseTab(name)}
          >
            <span class="kw-tab-label">{tabLabel(name)}</span>
          </button>
        ))}
      </div>
      {RUN_TABS.map((name) => (
        <div
          key={name}
          role="tabpanel"
          id={`${id}-${name}-panel`}
          aria-labelledby={`${id}-${name}`}
          hidden={name !== tab}
        >
          {name !== tab ? null : name === "overview" ? (
            overview
          ) : open.problem ? (
            <p class="kw-error" role="alert">
              {open.problem}
            </p>
          ) : name === "curves" ? (
            <RunCharts
              store={store}
              loadPlotly={loaders.loadPlotly}
              themeRevision={themeRevision}
              only={open}
            />
          ) : (
            <Recorded open={open} tab={name} loadInsight={loaders.loadInsight} />
          )}
        </div>
      ))}
    </>
  );
}

interface RecordedProps {
  open: OpenRun;
  tab: Exclude<RunTab, "overview" | "curves">;
  loadInsight: LoadInsight;
}

function Recorded({ open, tab, loadInsight }: RecordedProps) {
  const source = useMemo<InsightSource>(
    () => ({
      store: open.insight,
      fit: 1,
      // The file answers no questions, and its model may be gone.
      interactive: false,
      request: async () => ({ ok: false, message: "" }),
    }),
    [open],
  );
  if (!open.isRead) return <p class="kw-waiting">{t("Reading the run…")}</p>;
  return <InsightPlace source={source} tab={tab} loadInsight={loadInsight} />;
}

function tabLabel(tab: RunTab): string {
  const labels: Record<RunTab, string> = {
    overview: t("Overview"),
    curves: t("Curves"),
    predictions: t("Predictions"),
    layers: t("Layers"),
    data: t("Data"),
  };
  return labels[tab];
}
