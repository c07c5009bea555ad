/** Reads the curves of one metric out of the store, as plain numbers without Plotly. */

import type { BestEpoch, MetricInfo, XAxis } from "../protocol";
import type { RunStore } from "../store";
import type { FitValues, Range } from "./ranges";
import { smooth } from "./smoothing";
import { equalSpans, type Spans, spanWidth } from "./spans";

/** What can be hidden in the charts, by a click in the legend. */
export type CurveKind =
  | "batch"
  | "smoothed"
  | "training"
  | "validation"
  | "best"
  | "mark"
  // What a training had before it was rewound.
  | "left";

/** An x axis: of one fit, or the time of day, on which several fits lie beside each other. */
export type ChartAxis = XAxis | "clock";

/** How the charts of one view are shown; never sent to the kernel. */
export interface ChartOptions {
  xAxis: ChartAxis;
  smoothing: number;
  logScale: boolean;
  /** Metrics whose scale is not that of `logScale`. */
  otherScale: readonly string[];
  hidden: readonly CurveKind[];
}

export interface Curve {
  x: number[];
  y: number[];
}

/** The curve within the epochs, as values that each hold from `from` to `x`. */
export interface BatchCurve extends Curve {
  from: number[];
  /** How many batches each value is the mean of; null for a metric that has no means. */
  batches: number[] | null;
  /** How many batches each value stands for, those without a finite value included. */
  sizes: number[];
}

export interface MetricCurves {
  batch: BatchCurve;
  /** Null without smoothing. */
  smoothed: Curve | null;
  training: Curve;
  validation: Curve;
  /** Which points of `training` and `validation` are epochs that were stopped early. */
  partial: boolean[];
  best: BestEpoch | null;
  bestPoint: { x: number; y: number } | null;
  /** The x of each mark: where the user, a callback or a new fit changed something. */
  marks: number[];
  /** What the y range depends on; hidden curves are left out. */
  values: FitValues;
}

export const NO_BATCHES: BatchCurve = { x: [], y: [], from: [], batches: null, sizes: [] };

const X_COLUMN = { step: "step", epoch: "epoch", time: "seconds", clock: "seconds" } as const;

/** Return whether the chart of `metric` has a log scale: a learning rate has one of its own. */
export function isLogScale(metric: string, options: ChartOptions): boolean {
  const preset = isLearningRate(metric) || options.logScale;
  return options.otherScale.includes(metric) ? !preset : preset;
}

/**
 * Return all curves of `metric`. With a `zoom`, batches are averaged for that part of the x axis. On
 * the axis "clock", the fit begins at `clockOffset` seconds.
 */
export function metricCurves(
  store: RunStore,
  metric: MetricInfo,
  options: ChartOptions,
  zoom: Range | null = null,
  clockOffset = 0,
): MetricCurves {
  if (options.xAxis !== "clock" || clockOffset === 0) {
    return curvesOfFit(store, metric, options, zoom);
  }
  const own: Range | null = zoom && [zoom[0] - clockOffset, zoom[1] - clockOffset];
  return shifted(curvesOfFit(store, metric, options, own), clockOffset);
}

/** Return curves further to the right. */
function shifted(curves: MetricCurves, by: number): MetricCurves {
  const shift = (x: readonly number[]) => x.map((value) => value + by);
  const move = (curve: Curve): Curve => ({ ...curve, x: shift(curve.x) });
  const { batch, smoothed, training, validation, bestPoint, marks } = curves;
  return {
    ...curves,
    batch: { ...batch, x: shift(batch.x), from: shift(batch.from) },
    smoothed: smoothed && move(smoothed),
    training: move(training),
    validation: move(validation),
    bestPoint: bestPoint && { ...bestPoint, x: bestPoint.x + by },
    marks: shift(marks),
  };
}

function curvesOfFit(
  store: RunStore,
  metric: MetricInfo,
  options: ChartOptions,
  zoom: Range | null,
): MetricCurves {
  const column = X_COLUMN[options.xAxis];
  const best = store.best.get(metric.name) ?? null;
  const hidden = new Set(options.hidden);
  const all = batchCurve(store, metric, column, null);
  const training = readCurve(store.epoch, column, `training/${metric.name}`);
  const validation = readCurve(store.epoch, column, `validation/${metric.name}`);
  const partial = training.x.map((_, row) => store.isPartial(row));
  const nothing: Curve = { x: [], y: [] };
  const batch = zoom && metric.kind !== "running" ? batchCurve(store, metric, column, zoom) : all;
  const smoothed =
    options.smoothing > 0
      ? { x: all.x.map((x, i) => (x + all.from[i]!) / 2), y: smooth(all.y, options.smoothing) }
      : null;
  const shown: MetricCurves = {
    batch: hidden.has("batch") ? NO_BATCHES : batch,
    smoothed: hidden.has("smoothed") ? null : smoothed,
    training: hidden.has("training") ? nothing : training,
    validation: hidden.has("validation") ? nothing : validation,
    partial,
    best,
    // It lies on a curve, and goes with it.
    bestPoint:
      best && !hidden.has("best") && !hidden.has(best.split)
        ? { x: best[column], y: best.value }
        : null,
    marks: hidden.has("mark") ? [] : store.marks.map((mark) => mark[column]),
    values: { firstEpoch: 0, curves: [], spans: { epoch: [], y: [] }, always: [], others: [] },
  };
  const epochs = Array.from(store.epoch.get("epoch") ?? []);
  const curves = [shown.training, shown.validation].filter(({ y }) => y.length > 0);
  const ends = hidden.has("batch") ? [] : interpolate(store, "epoch", all.ends);
  shown.values = {
    firstEpoch: store.run?.first_epoch ?? 0,
    curves: curves.map(({ y }) => ({
      epoch: epochs,
      y: y.map((value, row) => (partial[row] ? NaN : value)),
    })),
    spans: { epoch: ends, y: hidden.has("batch") ? [] : all.y },
    always: shown.bestPoint ? [shown.bestPoint.y] : [],
    others: curves.flatMap(({ y }) => y.filter((_, row) => partial[row])),
  };
  return shown;
}

/** Return how many batches a point of the batch curve is the mean of at most. */
export function batchesInMean(store: RunStore, options: ChartOptions, zoom: Range | null): number {
  const steps = store.batch.get("step");
  if (!steps?.length) return 1;
  return spanWidth(steps, ...stepsWithin(store, X_COLUMN[options.xAxis], zoom));
}

/** Return the index of the point nearest to `x` that has a value, or -1. `curve.x` ascends. */
export function nearestPoint(curve: Curve, x: number): number {
  let right = firstFrom(curve, x);
  let left = right - 1;
  while (right < curve.x.length && Number.isNaN(curve.y[right])) right++;
  while (left >= 0 && Number.isNaN(curve.y[left])) left--;
  if (right >= curve.x.length) return left;
  if (left < 0) return right;
  return x - curve.x[left]! <= curve.x[right]! - x ? left : right;
}

/** Return the index of the value that holds at `x`, or -1. */
export function valueHolding(curve: BatchCurve, x: number): number {
  const i = firstFrom(curve, x);
  const holds = i < curve.x.length && curve.from[i]! <= x && !Number.isNaN(curve.y[i]);
  return holds ? i : nearestPoint(curve, x);
}

/** Return whether Keras logs the learning rate under this name, which is no measurement. */
export function isLearningRate(metric: string): boolean {
  return metric === "learning_rate" || metric === "lr";
}

/** Return the index of the first point that is not before `x`. */
function firstFrom(curve: Curve, x: number): number {
  let low = 0;
  let high = curve.x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve.x[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function batchCurve(
  store: RunStore,
  metric: MetricInfo,
  column: string,
  zoom: Range | null,
): BatchCurve & { ends: number[] } {
  const steps = store.batch.get("step") ?? new Float32Array();
  const values = store.batch.get(`mean/${metric.name}`);
  if (!values || steps.length === 0) {
    return { ...NO_BATCHES, ends: [] };
  }
  if (metric.kind === "running") {
    // Keras's value since the epoch began: it holds at the end of a row, and has no mean.
    const x = Array.from(store.batch.get(column) ?? []);
    return { ...NO_BATCHES, x, y: Array.from(values), from: x, ends: Array.from(steps) };
  }
  const [from, to] = stepsWithin(store, column, zoom);
  const spans: Spans = equalSpans(steps, values, from, to);
  return {
    x: interpolate(store, column, spans.end),
    from: interpolate(store, column, spans.start),
    y: spans.mean,
    batches: spans.batches,
    sizes: spans.end.map((end, i) => end - spans.start[i]!),
    ends: spans.end,
  };
}

/** Return the values of a column of the batch table at `steps`, which ascend. */
function interpolate(store: RunStore, column: string, steps: readonly number[]): number[] {
  if (column === "step") return [...steps];
  const rows = store.batch.get("step") ?? new Float32Array();
  const values = store.batch.get(column) ?? new Float32Array();
  const start = column === "epoch" ? (store.run?.first_epoch ?? 0) : 0;
  let row = 0;
  return steps.map((step) => {
    while (row < rows.length - 1 && rows[row]! < step) row++;
    const [low, high] = row ? [rows[row - 1]!, rows[row]!] : [0, rows[0]!];
    const [from, to] = row ? [values[row - 1]!, values[row]!] : [start, values[0]!];
    const share = high > low ? Math.min(1, Math.max(0, (step - low) / (high - low))) : 1;
    return from + share * (to - from);
  });
}

/** Return the steps of the rows around a part of the x axis, or of all rows. */
function stepsWithin(store: RunStore, column: string, zoom: Range | null): Range {
  if (!zoom) return [0, store.batch.at("step", store.batch.rows - 1)];
  const [low, high] = zoom;
  const x = Array.from(store.batch.get(column) ?? []);
  const curve = { x, y: x };
  const from = firstFrom(curve, low) - 1;
  const to = Math.min(firstFrom(curve, high), store.batch.rows - 1);
  return [from < 0 ? 0 : store.batch.at("step", from), store.batch.at("step", to)];
}

function readCurve(columns: RunStore["batch"], x: string, y: string): Curve {
  const [xs, ys] = [columns.get(x), columns.get(y)];
  return xs && ys ? { x: Array.from(xs), y: Array.from(ys) } : { x: [], y: [] };
}
