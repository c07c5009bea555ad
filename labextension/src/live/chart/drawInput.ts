/** Collects all that the drawing of a metric's chart depends on. */

import { axisLabel } from "../labels";
import type { MetricInfo } from "../protocol";
import type { RunStore } from "../store";
import { type ChartOptions, isLogScale, type MetricCurves, metricCurves } from "./curves";
import type { ChartTheme, Outside } from "./figure";
import type { DrawInput } from "./plotlyChart";
import {
  emptyRange,
  fullXRange,
  paddedRange,
  type Range,
  timeUnit,
  visibleYRange,
  type YBounds,
  yBounds,
} from "./ranges";

/** A fit whose curves are drawn. */
export interface DrawnFit {
  fit: number;
  name: string;
  store: RunStore;
}

/** What the charts of one view have in common. */
export interface ChartsInput {
  /** The fit that is shown, then those that are drawn over it. */
  fits: readonly [DrawnFit, ...DrawnFit[]];
  options: ChartOptions;
  /** The x range that the user zoomed to, in units of the data. */
  zoom: Range | null;
}

/** What the user did with the y axis: zoomed, or made it show all values. */
export type YZoom = Range | "all" | null;

/** Return all that a drawing of `metric` depends on. */
export function drawInput(
  metric: MetricInfo,
  { fits, options, zoom }: ChartsInput,
  yZoom: YZoom,
  size: { width: number; height: number },
  theme: ChartTheme,
): DrawInput {
  const [shown, ...others] = fits;
  const curves = metricCurves(shown.store, metric, options, zoom);
  const overlays = others
    .filter(({ store }) => store.run?.metrics.some(({ name }) => name === metric.name))
    .map(({ fit, store }) => ({ fit, curves: metricCurves(store, metric, options, zoom) }));
  const stores = fits.map(({ store }) => store);
  const logScale = isLogScale(metric.name, options);
  const fullX = fullXRange(stores, options.xAxis);
  const xRange = zoom ?? fullX;
  const all = [curves, ...overlays.map(({ curves }) => curves)];
  const bounds = yBounds(
    all.map(({ values }) => values),
    logScale,
  );
  const yRange =
    yZoom !== null && yZoom !== "all"
      ? yZoom
      : zoom
        ? visibleYRange(all.flatMap(drawnCurves), zoom, logScale)
        : rangeOf(bounds, logScale, yZoom === "all");
  const fitted = yZoom === null && zoom === null;
  const unit =
    options.xAxis === "time" ? timeUnit(fullX[1]) : { name: axisLabel(options.xAxis), seconds: 1 };
  return {
    name: metric.name,
    metricKind: metric.kind,
    fit: shown.fit,
    curves,
    overlays,
    options,
    logScale,
    xRange,
    yRange,
    outside: fitted ? outsideOf(bounds, yRange, logScale) : { above: null, below: null },
    xUnit: unit.seconds,
    xTitle: unit.name,
    ...size,
    theme,
  };
}

function drawnCurves({ batch, smoothed, training, validation }: MetricCurves) {
  return [batch, training, validation, ...(smoothed ? [smoothed] : [])];
}

function rangeOf(bounds: YBounds | null, logScale: boolean, all: boolean): Range {
  if (!bounds) return emptyRange(logScale);
  return all
    ? paddedRange(bounds.lowest, bounds.highest, logScale)
    : paddedRange(bounds.low, bounds.high, logScale);
}

function outsideOf(bounds: YBounds | null, [low, high]: Range, logScale: boolean): Outside {
  const value = (y: number) => (logScale ? 10 ** y : y);
  return {
    above: bounds && bounds.highest > high ? value(bounds.highest) : null,
    below: bounds && bounds.lowest < low ? value(bounds.lowest) : null,
  };
}
