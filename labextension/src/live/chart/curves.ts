/** Reads the curves of one metric out of the store, as plain numbers without Plotly. */

import type { BestEpoch, MetricInfo, XAxis } from "../protocol";
import type { RunStore } from "../store";
import { smooth } from "./smoothing";

/** How the charts of one view are shown; never sent to the kernel. */
export interface ChartOptions {
  xAxis: XAxis;
  smoothing: number;
  logScale: boolean;
}

export interface Curve {
  x: number[];
  y: number[];
}

export interface MetricCurves {
  /** One point a row, or both extremes where a row aggregates several points. */
  batch: Curve;
  /** The values behind `batch`, one a row. */
  batchMean: Curve;
  /** Null without smoothing. */
  smoothed: Curve | null;
  training: Curve;
  validation: Curve;
  best: BestEpoch | null;
  bestPoint: { x: number; y: number } | null;
  /** The x of each mark: where the user, a callback or a new fit changed something. */
  marks: number[];
}

const X_COLUMN = { step: "step", epoch: "epoch", time: "seconds" } as const;

/** Return all curves of `metric`. */
export function metricCurves(
  store: RunStore,
  metric: MetricInfo,
  options: ChartOptions,
): MetricCurves {
  const column = X_COLUMN[options.xAxis];
  const batchMean = readCurve(store.batch, column, `mean/${metric.name}`);
  const best = store.best.get(metric.name) ?? null;
  return {
    batch: withExtremes(
      batchMean,
      store.batch.get(`min/${metric.name}`),
      store.batch.get(`max/${metric.name}`),
    ),
    batchMean,
    smoothed:
      options.smoothing > 0 ? { x: batchMean.x, y: smooth(batchMean.y, options.smoothing) } : null,
    training: readCurve(store.epoch, column, `training/${metric.name}`),
    validation: readCurve(store.epoch, column, `validation/${metric.name}`),
    best,
    bestPoint: best && { x: best[column], y: best.value },
    marks: store.marks.map((mark) => mark[column]),
  };
}

/** Return the index of the point nearest to `x` that has a value, or -1. `curve.x` ascends. */
export function nearestPoint(curve: Curve, x: number): number {
  let low = 0;
  let high = curve.x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve.x[middle]! < x) low = middle + 1;
    else high = middle;
  }
  let right = low;
  while (right < curve.x.length && Number.isNaN(curve.y[right])) right++;
  let left = low - 1;
  while (left >= 0 && Number.isNaN(curve.y[left])) left--;
  if (right >= curve.x.length) return left;
  if (left < 0) return right;
  return x - curve.x[left]! <= curve.x[right]! - x ? left : right;
}

function readCurve(columns: RunStore["batch"], x: string, y: string): Curve {
  const [xs, ys] = [columns.get(x), columns.get(y)];
  return xs && ys ? { x: Array.from(xs), y: Array.from(ys) } : { x: [], y: [] };
}

function withExtremes(
  mean: Curve,
  lowest: Float32Array | null,
  highest: Float32Array | null,
): Curve {
  if (!lowest || !highest) return mean;
  const curve: Curve = { x: [], y: [] };
  mean.x.forEach((x, i) => {
    const [low, high] = [lowest[i]!, highest[i]!];
    if (low === high || Number.isNaN(low) || Number.isNaN(high)) {
      curve.x.push(x);
      curve.y.push(mean.y[i]!);
      return;
    }
    // Enter at the end that is nearer to where the line comes from: fewer strokes across.
    const before = curve.y.at(-1) ?? low;
    const pair = Math.abs(before - high) < Math.abs(before - low) ? [high, low] : [low, high];
    curve.x.push(x, x);
    curve.y.push(...pair);
  });
  return curve;
}
