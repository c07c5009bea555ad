/** The legend and the grid of charts, with their common zoom, crosshair, scheduler and colours. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Plotly } from "../../shared/plotly";
import { t } from "../../shared/translation";
import type { ChartOptions } from "../chart/curves";
import { DrawScheduler } from "../chart/drawScheduler";
import type { ChartTheme } from "../chart/figure";
import { Hover } from "../chart/hover";
import type { Range } from "../chart/ranges";
import type { MetricInfo, RunInfo } from "../protocol";
import type { RunStore } from "../store";
import { loadViewChoices, saveViewChoices } from "../viewChoices";
import { Chart } from "./Chart";
import { Legend } from "./Legend";
import { savePicture } from "./savePicture";
import { CHART_HEIGHT, type ChartContext, COMPACT_CHART_HEIGHT } from "./usePlotlyChart";

interface ChartsProps {
  store: RunStore;
  run: RunInfo;
  /** The metrics of the run that are shown. */
  metrics: readonly MetricInfo[];
  options: ChartOptions;
  plotly: Plotly | null;
  themeRevision: number;
  compact: boolean;
  /** Set to a function that saves a picture of the charts; null while Plotly loads. */
  saver: { current: (() => void) | null };
}

export function Charts(props: ChartsProps) {
  const { store, run, metrics, options, plotly, themeRevision, compact, saver } = props;
  const grid = useRef<HTMLDivElement>(null);
  // The fits of a view have axes of their own.
  const zoomKey = `${run.run_id}/${run.fit}`;
  const [scheduler] = useState(() => new DrawScheduler());
  const [hover] = useState(() => new Hover());
  const [zoom, setZoom] = useState<{ range: Range | null; resets: number }>(() => ({
    range: loadViewChoices(zoomKey).zoom ?? null,
    resets: 0,
  }));
  useEffect(() => saveViewChoices(zoomKey, { zoom: zoom.range }), [zoomKey, zoom.range]);
  const reset = useCallback(
    () => setZoom(({ resets }) => ({ range: null, resets: resets + 1 })),
    [],
  );
  // Another x axis counts in other units.
  const xAxis = useRef(options.xAxis);
  useEffect(() => {
    if (xAxis.current !== options.xAxis) reset();
    xAxis.current = options.xAxis;
  }, [options.xAxis, reset]);
  const themeCache = useRef<{ revision: number; theme: ChartTheme } | null>(null);
  const readTheme = () => {
    if (themeCache.current?.revision !== themeRevision) {
      themeCache.current = { revision: themeRevision, theme: resolveTheme(grid.current!) };
    }
    return themeCache.current!.theme;
  };
  const context: ChartContext = {
    store,
    options,
    plotly,
    scheduler,
    hover,
    zoom: zoom.range,
    resets: zoom.resets,
    onZoom: (range) => setZoom(({ resets }) => ({ range, resets })),
    onReset: reset,
    readTheme,
    themeRevision,
    height: compact ? COMPACT_CHART_HEIGHT : CHART_HEIGHT,
  };
  saver.current = plotly && (() => void savePicture(plotly, run, metrics, context));
  return (
    <>
      <Legend
        batch={run.metrics.some(({ kind }) => kind !== "epoch")}
        running={run.metrics.some(({ kind }) => kind === "running")}
        smoothed={options.smoothing > 0}
        training={run.metrics.length > 0}
        validation={run.metrics.some(({ name }) => store.epoch.has(`validation/${name}`))}
        best={store.best.size > 0}
        marks={store.marks.length > 0}
      />
      <div class="kw-grid" ref={grid}>
        {metrics.map((metric) => (
          <Chart key={metric.name} metric={metric} context={context} />
        ))}
        {run.metrics.length === 0 && (
          <p class="kw-placeholder">{t("The charts appear with the first batch.")}</p>
        )}
      </div>
    </>
  );
}

/** Return the colours that the style sheet gives `element`: Plotly needs plain ones. */
function resolveTheme(element: HTMLElement): ChartTheme {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read("--kw-ink-2"),
    grid: read("--kw-grid"),
    paper: read("--kw-paper"),
    training: read("--kw-training"),
    validation: read("--kw-validation"),
    best: read("--kw-best"),
    mark: read("--kw-mark"),
    font: style.fontFamily,
  };
}
