/** Computes the axis ranges of a chart that shows all its data, and the unit of a time axis. */

import { t } from "../../shared/translation";
import type { XAxis } from "../protocol";
import type { RunStore } from "../store";
import type { Curve, MetricCurves } from "./curves";

export type Range = [number, number];

/** Return the x range of all points of the run; the same for all charts. */
export function fullXRange(store: RunStore, xAxis: XAxis): Range {
  const column = xAxis === "time" ? "seconds" : xAxis;
  const start = xAxis === "epoch" ? (store.run?.first_epoch ?? 0) : 0;
  const end = Math.max(
    finiteOr(store.batch.at(column, store.batch.rows - 1), start),
    finiteOr(store.epoch.at(column, store.epoch.rows - 1), start),
  );
  const width = end > start ? end - start : 1;
  // Room for the markers at both ends.
  return [start - 0.02 * width, start + 1.03 * width];
}

/** Return the y range of every point within `xRange`; on a log scale as powers of ten. */
export function fitYRange(curves: MetricCurves, xRange: Range, logScale: boolean): Range {
  let [low, high] = [Infinity, -Infinity];
  const take = (y: number) => {
    const value = logScale ? Math.log10(y) : y;
    if (!Number.isFinite(value)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  const scan = (curve: Curve) => {
    for (let i = 0; i < curve.x.length; i++) {
      if (curve.x[i]! >= xRange[0] && curve.x[i]! <= xRange[1]) take(curve.y[i]!);
    }
  };
  scan(curves.batch);
  scan(curves.training);
  scan(curves.validation);
  if (low > high) return logScale ? [-1, 0] : [0, 1];
  const padding = high > low ? 0.06 * (high - low) : logScale ? 0.1 : Math.abs(high) * 0.1 || 0.1;
  return [low - padding, high + padding];
}

/** Return the unit for a time axis of this length. */
export function timeUnit(seconds: number): { name: string; seconds: number } {
  if (seconds > 3 * 3600) return { name: t("hours"), seconds: 3600 };
  if (seconds > 3 * 60) return { name: t("minutes"), seconds: 60 };
  return { name: t("seconds"), seconds: 1 };
}

function finiteOr(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise;
}
