/** The legend and the grid of charts, with their common zoom, crosshair, scheduler and colours. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Plotly } from "../../shared/plotly";
import { t } from "../../shared/translation";
import { batchesInMean, type ChartOptions, type CurveKind } from "../chart/curves";
import type { DrawnFit } from "../chart/drawInput";
import { DrawScheduler } from "../chart/drawScheduler";
import type { ChartTheme } from "../chart/figure";
import { Hover } from "../chart/hover";
import type { Range } from "../chart/ranges";
import type { MetricInfo, RunInfo } from "../protocol";
import type { RunStore } from "../store";
import { loadViewChoices, saveViewChoices } from "../viewChoices";
import { Chart } from "./Chart";
import { lightTheme, resolveTheme } from "./chartTheme";
import { Legend } from "./Legend";
import { savePicture } from "./savePicture";
import {
  CHART_HEIGHT,
  type ChartContext,
  COMPACT_CHART_HEIGHT,
  LARGE_CHART_HEIGHT,
} from "./usePlotlyChart";

interface ChartsProps {
  /** The fit that is shown, then those that are drawn over it. */
  fits: readonly [DrawnFit, ...DrawnFit[]];
  /** The fits of which the first one is a branch. */
  left?: readonly DrawnFit[];
  run: RunInfo;
  /** The metrics of the run that are shown. */
  metrics: readonly MetricInfo[];
  options: ChartOptions;
  onOptions: (change: Partial<ChartOptions>) => void;
  /** The metric whose chart is large. */
  large: string | null;
  onLarge: (metric: string | null) => void;
  plotly: Plotly | null;
  themeRevision: number;
  compact: boolean;
  /** Whether the fit is an evaluation, which has one value a metric. */
  isEvaluation?: boolean;
  /** When the axis "clock" begins, as text. */
  clockStart?: string;
  /** Set to a function that saves a picture of the charts. */
  saver: { current: ((event: MouseEvent) => void) | null };
}

const NO_FITS: readonly DrawnFit[] = [];
const EVALUATION_CURVES: Record<CurveKind, boolean> = {
  batch: false,
  smoothed: false,
  training: false,
  validation: true,
  best: false,
  mark: false,
  left: false,
};

export function Charts(props: ChartsProps) {
  const {
    fits,
    left = NO_FITS,
    run,
    metrics,
    plotly,
    themeRevision,
    compact,
    large,
    saver,
    isEvaluation = false,
  } = props;
  const options = isEvaluation ? withoutBest(props.options) : props.options;
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
  useEscapeFromLarge(grid, large !== null, () => props.onLarge(null));
  const themeCache = useRef<{ revision: number; theme: ChartTheme } | null>(null);
  const readTheme = () => {
    if (themeCache.current?.revision !== themeRevision) {
      themeCache.current = { revision: themeRevision, theme: resolveTheme(grid.current!) };
    }
    return themeCache.current!.theme;
  };
  const context: ChartContext = {
    fits,
    left,
    options,
    ...(props.clockStart === undefined ? {} : { clockStart: props.clockStart }),
    plotly,
    scheduler,
    hover,
    zoom: zoom.range,
    large: large !== null,
    resets: zoom.resets,
    onZoom: (range) => setZoom(({ resets }) => ({ range, resets })),
    onReset: reset,
    readTheme,
    themeRevision,
  };
  const save = (shown: readonly MetricInfo[], event: MouseEvent) => {
    if (!plotly) return;
    // White, as papers and messages are, unless asked for the page's colours.
    const theme = event.shiftKey ? readTheme() : lightTheme(grid.current!);
    void savePicture(plotly, run, shown, context, theme);
  };
  saver.current = (event) => save(metrics, event);
  const toggleLogScale = (name: string) =>
    props.onOptions({
      otherScale: options.otherScale.includes(name)
        ? options.otherScale.filter((other) => other !== name)
        : [...options.otherScale, name],
    });
  return (
    <>
      <Legend
        there={isEvaluation ? EVALUATION_CURVES : curvesThere(fits, run, options, left.length > 0)}
        hidden={props.options.hidden}
        isEvaluation={isEvaluation}
        batches={batchesInMean(fits[0].store, options, zoom.range)}
        running={run.metrics.some(({ kind }) => kind === "running")}
        overlay={fits.length > 1}
        onHide={(hidden) => props.onOptions({ hidden })}
      />
      <div class="kw-grid" ref={grid}>
        {metrics.map((metric) => (
          <Chart
            key={metric.name}
            metric={metric}
            context={context}
            height={
              compact
                ? COMPACT_CHART_HEIGHT
                : large === metric.name
                  ? LARGE_CHART_HEIGHT
                  : CHART_HEIGHT
            }
            large={compact ? null : large === metric.name}
            onLarge={() => props.onLarge(large === metric.name ? null : metric.name)}
            onLogScale={() => toggleLogScale(metric.name)}
            onSavePicture={(event) => save([metric], event)}
          />
        ))}
        {run.metrics.length === 0 && (
          <p class="kw-placeholder">{t("The charts appear after the first batch.")}</p>
        )}
      </div>
    </>
  );
}

/** Of a single value, none is the best. */
function withoutBest(options: ChartOptions): ChartOptions {
  return { ...options, hidden: [...options.hidden, "best"] };
}

/** Call `shrink` on Escape anywhere in the view, and focus the button that had enlarged the chart. */
function useEscapeFromLarge(
  grid: { current: HTMLElement | null },
  active: boolean,
  shrink: () => void,
): void {
  const latest = useRef(shrink);
  latest.current = shrink;
  useEffect(() => {
    const view = grid.current?.closest<HTMLElement>(".kw-root");
    if (!active || !view) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      // JupyterLab would leave the cell.
      event.stopPropagation();
      grid.current?.querySelector<HTMLElement>("[data-enlarges][aria-pressed='true']")?.focus();
      latest.current();
    };
    view.addEventListener("keydown", onKeyDown);
    return () => view.removeEventListener("keydown", onKeyDown);
  }, [active]);
}

/** Return which curves there are to draw. */
export function curvesThere(
  fits: readonly DrawnFit[],
  run: RunInfo,
  options: ChartOptions,
  left: boolean,
): Record<CurveKind, boolean> {
  const some = (test: (store: RunStore) => boolean) => fits.some(({ store }) => test(store));
  const batch = run.metrics.some(({ kind }) => kind !== "epoch");
  return {
    batch,
    smoothed: batch && options.smoothing > 0,
    training: run.metrics.length > 0,
    validation: some(({ epoch }) =>
      run.metrics.some(({ name }) => epoch.has(`validation/${name}`)),
    ),
    // Of the fit that is shown only.
    best: fits[0]!.store.best.size > 0,
    mark: fits[0]!.store.marks.length > 0,
    left,
  };
}
