/** The curves of the chosen runs, drawn over each other with the charts of the live view. */

import { useRef, useState } from "preact/hooks";
import type { ChartAxis, ChartOptions } from "../../live/chart/curves";
import type { DrawnFit } from "../../live/chart/drawInput";
import { Charts } from "../../live/components/Charts";
import { shownMetrics } from "../../live/components/MetricChoice";
import { Toolbar } from "../../live/components/Toolbar";
import { usePlotly } from "../../live/components/usePlotly";
import type { MetricInfo, RunInfo } from "../../live/protocol";
import type { Plotly } from "../../shared/plotly";
import { t } from "../../shared/translation";
import { fullTimeLabel, runCount } from "../labels";
import type { OpenRun } from "../openRun";
import { runTitle } from "../runRows";
import type { Drawn, RunsStore } from "../store";

interface RunChartsProps {
  store: RunsStore;
  loadPlotly: () => Promise<Plotly>;
  themeRevision: number;
  /** The one run to draw; else those that are chosen. */
  only?: OpenRun;
}

const OPTIONS: ChartOptions = {
  xAxis: "step",
  smoothing: 0,
  logScale: false,
  otherScale: [],
  hidden: [],
};

export function RunCharts({ store, loadPlotly, themeRevision, only }: RunChartsProps) {
  const [options, setOptions] = useState(OPTIONS);
  const [large, setLarge] = useState<string | null>(null);
  const saver = useRef<((event: MouseEvent) => void) | null>(null);
  const plotly = usePlotly(loadPlotly);
  const { fits, parents, start } = drawnFits(store, only);
  const [first, ...others] = fits;
  if (!first?.store.run) return <p class="kw-waiting">{t("Reading the curves…")}</p>;
  if (plotly === "failed") {
    return <p class="kw-waiting">{t("Cannot load the charts. The table has the last values.")}</p>;
  }
  const all = allMetrics(fits);
  const metrics = shownMetrics(all, store.metrics);
  const run: RunInfo = {
    ...first.store.run,
    // The zoom is that of this view, whichever runs it draws.
    run_id: only ? `run ${only.id}` : "runs",
    model_name: fits.length > 1 ? runCount(fits.length) : first.name,
    metrics: all,
  };
  const axes: { axis: ChartAxis; label: string }[] = [
    { axis: "step", label: t("step") },
    { axis: "epoch", label: t("epoch") },
    { axis: "time", label: t("relative time") },
    { axis: "clock", label: t("clock time") },
  ];
  const change = (part: Partial<ChartOptions>) => setOptions((now) => ({ ...now, ...part }));
  return (
    <div class="kw-runs-charts" data-fits={fits.length}>
      <div class="kw-bar">
        <Toolbar
          options={options}
          axes={axes}
          table={null}
          onOptions={change}
          onSavePicture={(event) => saver.current?.(event)}
        />
      </div>
      <Charts
        fits={[first, ...others]}
        left={parents}
        run={run}
        metrics={metrics}
        options={options}
        onOptions={change}
        large={large}
        onLarge={setLarge}
        plotly={plotly}
        themeRevision={themeRevision}
        compact={false}
        clockStart={fullTimeLabel(start)}
        saver={saver}
      />
    </div>
  );
}

/** Return the runs whose curves have come, those before them, and when the first of them began. */
function drawnFits(
  store: RunsStore,
  only: OpenRun | undefined,
): { fits: DrawnFit[]; parents: DrawnFit[]; start: number } {
  const known = (drawn: readonly Drawn[]) =>
    drawn.flatMap(({ id, number, store: curves }) => {
      const row = store.rows?.get(id);
      return row && curves.run ? [{ id, number, curves, row }] : [];
    });
  const [fits, parents] = only
    ? [known([{ id: only.id, number: 1, store: only.curves }]), []]
    : [known(store.drawn), known(store.drawnParents)];
  const start = Math.min(...[...fits, ...parents].map(({ row }) => row.created));
  const asFit = ({ id, number, curves, row }: (typeof fits)[number]): DrawnFit => ({
    fit: number,
    name: runTitle(row),
    label: store.titleOf(id),
    store: curves,
    clockOffset: row.created - start,
  });
  return {
    fits: fits.map(asFit),
    // They have the colour of the run that goes on from them.
    parents: parents.map((parent) => ({ ...asFit(parent), continuedBy: parent.number })),
    start,
  };
}

function allMetrics(fits: readonly DrawnFit[]): MetricInfo[] {
  const metrics = new Map<string, MetricInfo>();
  for (const { store } of fits) {
    for (const metric of store.run?.metrics ?? []) {
      if (!metrics.has(metric.name)) metrics.set(metric.name, metric);
    }
  }
  return [...metrics.values()];
}
