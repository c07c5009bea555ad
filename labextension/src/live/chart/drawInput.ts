/** Collects all that the drawing of a metric's chart depends on. */

import { t } from "../../shared/translation";
import { axisLabel } from "../labels";
import type { MetricInfo } from "../protocol";
import type { RunStore } from "../store";
import {
  type ChartAxis,
  type ChartOptions,
  isLogScale,
  type MetricCurves,
  metricCurves,
} from "./curves";
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
  /** Its number, which gives it a colour and a marker among others. */
  fit: number;
  name: string;
  store: RunStore;
  /** What it is called among others; its number and name by default. */
  label?: string;
  /** Of a fit that is drawn faint: the number of the one that goes on from it. */
  continuedBy?: number;
  /** When it began, in seconds after the first of all drawn fits. */
  clockOffset?: number;
}

/** Return what a fit is called among several. */
export function fitLabel({ label, fit, name }: DrawnFit): string {
  return label ?? `${fit} ${name}`;
}

/** What the charts of one view have in common. */
export interface ChartsInput {
  /** The fit that is shown, then those that are drawn over it. */
  fits: readonly [DrawnFit, ...DrawnFit[]];
  /** The fits of which the shown one is a branch: the curves that it has left. */
  left?: readonly DrawnFit[];
  options: ChartOptions;
  /** The x range that the user zoomed to, in units of the data. */
  zoom: Range | null;
  /** When the axis "clock" begins, as text. */
  clockStart?: string;
}

/** What the user did with the y axis: zoomed, or made it show all values. */
export type YZoom = Range | "all" | null;

/** Return all that a drawing of `metric` depends on. */
export function drawInput(
  metric: MetricInfo,
  { fits, left: leftFits = [], options, zoom, clockStart = "" }: ChartsInput,
  yZoom: YZoom,
  size: { width: number; height: number },
  theme: ChartTheme,
): DrawInput {
  const [shown, ...others] = fits;
  const curvesOf = ({ store, clockOffset }: DrawnFit) =>
    metricCurves(store, metric, options, zoom, clockOffset);
  const curves = curvesOf(shown);
  const overlays = others
    .filter(({ store }) => store.run?.metrics.some(({ name }) => name === metric.name))
    .map((other) => ({ fit: other.fit, curves: curvesOf(other) }));
  const drawnLeft = options.hidden.includes("left") ? [] : leftFits;
  const left = drawnLeft.map((fit) => ({
    fit: fit.continuedBy ?? shown.fit,
    curves: curvesOf(fit),
  }));
  const logScale = isLogScale(metric.name, options);
  const fullX = fullXRange(
    [...fits, ...drawnLeft].map(({ store }) => store),
    options.xAxis,
    [...fits, ...drawnLeft].map(({ clockOffset = 0 }) => clockOffset),
  );
  const xRange = zoom ?? fullX;
  const all = [curves, ...[...overlays, ...left].map(({ curves }) => curves)];
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
  const unit = xUnit(options.xAxis, fullX[1], clockStart);
  return {
    name: metric.name,
    metricKind: metric.kind,
    fit: shown.fit,
    curves,
    overlays,
    left,
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

function xUnit(axis: ChartAxis, end: number, clockStart: string) {
  if (axis === "time") return timeUnit(end);
  if (axis !== "clock") return { name: axisLabel(axis), seconds: 1 };
  const { name, seconds } = timeUnit(end);
  return { name: t("%1 since %2", name, clockStart), seconds };
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
