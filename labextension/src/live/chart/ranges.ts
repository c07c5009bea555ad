/**
 * Computes the axis ranges of a chart. The y range shows what matters: the first batches, a single
 * batch and a single epoch do not set it. The same as `kwidgets/live/numbers/chart_range.py`;
 * `tests/golden/charts.json` compares both, decision 22 has the reasons.
 */

import { t } from "../../shared/translation";
import type { XAxis } from "../protocol";
import type { RunStore } from "../store";

export type Range = [number, number];

/** The values of one fit that a chart shows. */
export interface FitValues {
  /** Where its epoch axis begins. */
  firstEpoch: number;
  /** Whole epochs, one curve a split; `epoch` is the x of each value. */
  curves: { epoch: number[]; y: number[] }[];
  /** Means over equal spans of batches; `epoch` is where each ends. */
  spans: { epoch: number[]; y: number[] };
  /** Values that are always inside: the best one. */
  always: number[];
  /** Values that do not count, but may lie outside: epochs that were stopped early. */
  others: number[];
}

/** What the axis shows, and what all values would need; in powers of ten on a log scale. */
export interface YBounds {
  low: number;
  high: number;
  lowest: number;
  highest: number;
}

// From so many epochs on, the first one may lie outside.
const EPOCHS_WITHOUT_FIRST = 5;
// ... if it is so many heights of the others away from them.
const FIRST_WITHIN_HEIGHTS = 2;
// All values are shown where that makes the axis at most so much longer.
const WORTHWHILE = 1.6;

/** Return the y bounds of the values of all `fits`, or null without any value. */
export function yBounds(fits: readonly FitValues[], logScale: boolean): YBounds | null {
  const scaled = fits.map((fit) => scale(fit, logScale));
  const all = scaled.flatMap((fit) => [
    ...fit.curves.flatMap(({ y }) => y),
    ...fit.spans.y,
    ...fit.always,
    ...fit.others,
  ]);
  if (all.length === 0) return null;
  const [lowest, highest] = extremes(all);
  const kept = scaled.flatMap(keptValues);
  if (kept.length === 0) return { low: lowest, high: highest, lowest, highest };
  const [low, high] = extremes(kept);
  if (highest - lowest <= WORTHWHILE * (high - low)) {
    return { low: lowest, high: highest, lowest, highest };
  }
  return { low, high, lowest, highest };
}

/** Return the range of an axis for these bounds, with room at both ends. */
export function paddedRange(low: number, high: number, logScale: boolean): Range {
  const padding = high > low ? 0.06 * (high - low) : logScale ? 0.1 : Math.abs(high) * 0.1 || 0.1;
  return [low - padding, high + padding];
}

/** Return the range of the points with an x in `xRange`; on a log scale as powers of ten. */
export function visibleYRange(
  curves: readonly { x: ArrayLike<number>; y: ArrayLike<number> }[],
  xRange: Range,
  logScale: boolean,
): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const { x, y } of curves) {
    for (let i = 0; i < x.length; i++) {
      if (!(x[i]! >= xRange[0] && x[i]! <= xRange[1])) continue;
      const value = logScale ? Math.log10(y[i]!) : y[i]!;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? paddedRange(low, high, logScale) : emptyRange(logScale);
}

/** Return the y range of a chart without values. */
export function emptyRange(logScale: boolean): Range {
  return logScale ? [-1, 0] : [0, 1];
}

/**
 * Return the x range of all points of the runs; the same for all charts.
 *
 * @param clockOffsets where each run begins on the axis "clock"
 */
export function fullXRange(
  stores: readonly RunStore[],
  xAxis: XAxis | "clock",
  clockOffsets: readonly number[] = [],
): Range {
  const column = xAxis === "time" || xAxis === "clock" ? "seconds" : xAxis;
  let [start, end] = [Infinity, -Infinity];
  for (const [i, { run, batch, epoch }] of stores.entries()) {
    const offset = xAxis === "clock" ? (clockOffsets[i] ?? 0) : 0;
    const begin = xAxis === "epoch" ? (run?.first_epoch ?? 0) : 0;
    start = Math.min(start, begin + offset);
    end = Math.max(
      end,
      finiteOr(batch.at(column, batch.rows - 1), begin) + offset,
      finiteOr(epoch.at(column, epoch.rows - 1), begin) + offset,
    );
  }
  const width = end > start ? end - start : 1;
  // Room for the markers at both ends.
  return [start - 0.02 * width, start + 1.03 * width];
}

/** Return the unit for a time axis of this length. */
export function timeUnit(seconds: number): { name: string; seconds: number } {
  if (seconds > 3 * 3600) return { name: t("hours"), seconds: 3600 };
  if (seconds > 3 * 60) return { name: t("minutes"), seconds: 60 };
  return { name: t("seconds"), seconds: 1 };
}

/** Return the fit without values that the axis cannot show, as powers of ten on a log scale. */
function scale(fit: FitValues, logScale: boolean): FitValues {
  const one = (y: number) => (logScale ? (y > 0 ? Math.log10(y) : NaN) : y);
  const list = (values: number[]) => values.map(one).filter(Number.isFinite);
  const curve = ({ epoch, y }: { epoch: number[]; y: number[] }) => {
    const values = y.map(one);
    const known = values.map((_, i) => i).filter((i) => Number.isFinite(values[i]));
    return { epoch: known.map((i) => epoch[i]!), y: known.map((i) => values[i]!) };
  };
  return {
    firstEpoch: fit.firstEpoch,
    curves: fit.curves.map(curve),
    spans: curve(fit.spans),
    always: list(fit.always),
    others: list(fit.others),
  };
}

function keptValues({ firstEpoch, curves, spans, always }: FitValues): number[] {
  const epochs = Math.max(0, ...curves.map(({ y }) => y.length));
  const kept = [...always];
  const first: number[] = [];
  const isFirst = (epoch: number) => epoch <= firstEpoch + 1 + 1e-6;
  for (const { epoch, y } of curves) {
    if (epochs < EPOCHS_WITHOUT_FIRST) {
      kept.push(...y);
      continue;
    }
    // A median: one epoch alone does not set the range. The latest value is always inside.
    medians(y, 1).forEach((value, i) => {
      if (isFirst(epoch[i]!)) first.push(y[i]!);
      else kept.push(value);
    });
    if (y.length) kept.push(y.at(-1)!);
  }
  const begin =
    epochs >= 2
      ? spans.epoch.findIndex((epoch) => !isFirst(epoch))
      : Math.floor(spans.y.length / 10);
  if (begin >= 0) kept.push(...medians(spans.y.slice(begin), 2));
  if (kept.length === 0) return first;
  const [low, high] = extremes(kept);
  const reach = FIRST_WITHIN_HEIGHTS * (high - low);
  return [...kept, ...first.filter((y) => !reach || (y >= low - reach && y <= high + reach))];
}

/** Return the median of each value and its `reach` neighbours on each side, as far as there are. */
function medians(values: readonly number[], reach: number): number[] {
  return values.map((_, i) => {
    const window = values.slice(Math.max(0, i - reach), i + reach + 1).sort((a, b) => a - b);
    const middle = window.length >> 1;
    return window.length % 2 ? window[middle]! : (window[middle - 1]! + window[middle]!) / 2;
  });
}

function extremes(values: readonly number[]): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function finiteOr(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise;
}
