/** Builds Plotly's data and layout from curves. */

import type { Data, Layout } from "../../shared/plotly";
import { t } from "../../shared/translation";
import { type BatchCurve, type Curve, type MetricCurves, NO_BATCHES } from "./curves";
import { placeMarkLabels } from "./markLabels";
import type { Range } from "./ranges";
import { formatTick, logTicks } from "./ticks";

/** Colours and font, resolved, since Plotly does not read CSS variables. */
export interface ChartTheme {
  ink: string;
  grid: string;
  paper: string;
  training: string;
  validation: string;
  best: string;
  mark: string;
  /** One for each of several fits, by its number. */
  fits: readonly string[];
  font: string;
}

export interface Figure {
  data: Data[];
  layout: Partial<Layout>;
}

/** The curves of another fit, drawn over those of the fit that is shown. */
export interface Overlay {
  fit: number;
  curves: MetricCurves;
}

/** The extreme values that lie outside of the y range; null where none does. */
export interface Outside {
  above: number | null;
  below: number | null;
}

export interface FigureInput {
  /** Number of the fit that is shown. */
  fit: number;
  curves: MetricCurves;
  overlays: readonly Overlay[];
  /** What the fits go on from or have left by a rewind, each with that fit's number: drawn faint. */
  left: readonly Overlay[];
  xRange: Range;
  yRange: Range;
  outside: Outside;
  xTitle: string;
  /** Units of the curves' x that make one of the axis (60 for seconds shown in minutes). */
  xUnit: number;
  logScale: boolean;
  width: number;
  height: number;
  /** Whether a drag on the chart zooms; on a touch screen it scrolls the page. */
  draggable: boolean;
  /** Differs from draw to draw, so that the ranges given win over what Plotly remembers. */
  revision: number;
  theme: ChartTheme;
}

/** Pixels around the plotting area; the crosshair computes with them. */
export const MARGIN = { l: 50, r: 10, t: 18, b: 34 } as const;

/** Markers closer than this hide the line, in pixels. */
const MARKER_PIXELS = 14;
/** Of the curves before a rewind. */
const LEFT_OPACITY = 0.4;
/** Markers on the line of one of several fits: they tell the fits apart without colour. */
const OVERLAY_MARKERS = 6;

/** The markers of fits by their number, as Plotly names them. */
export const FIT_SYMBOLS = [
  "circle",
  "square",
  "triangle-up",
  "diamond",
  "cross",
  "x",
  "triangle-down",
  "pentagon",
] as const;

/** Return the place of a fit's colour and of its marker among those there are. */
export function fitStyle(fit: number): { color: number; symbol: number } {
  const place = Math.max(1, fit) - 1;
  const count = FIT_SYMBOLS.length;
  // The ninth has the colour of the first again, with another marker.
  return { color: place % count, symbol: (place + Math.floor(place / count)) % count };
}

/** Return the traces, drawn in this order. */
export function buildTraces(input: FigureInput): Data[] {
  const { curves, overlays, theme } = input;
  if (overlays.length === 0) {
    const left = input.left.flatMap(({ curves }) => leftTraces(input, curves, theme));
    return [...left, ...fitTraces(input, curves, theme)];
  }
  const colored = (fit: number) => {
    const color = theme.fits[fitStyle(fit).color]!;
    return { ...theme, training: color, validation: color, best: color };
  };
  const left = input.left.flatMap(({ fit, curves }) =>
    leftTraces(input, reducedCurves(curves), colored(fit), { fit, shown: false }),
  );
  const all = [...overlays, { fit: input.fit, curves }];
  const traces = all.flatMap(({ fit, curves }) => {
    const shown = fit === input.fit;
    return fitTraces(input, shown ? curves : reducedCurves(curves), colored(fit), { fit, shown });
  });
  return [...left, ...traces];
}

/** Return the traces of the run that a fit goes on from, or has left by a rewind. */
function leftTraces(
  input: FigureInput,
  curves: MetricCurves,
  theme: ChartTheme,
  among: { fit: number; shown: boolean } | null = null,
): Data[] {
  const traces = fitTraces(input, { ...curves, bestPoint: null }, theme, among);
  return traces.map((trace) => ({
    ...trace,
    name: t("earlier run"),
    opacity: LEFT_OPACITY * ((trace as { opacity?: number }).opacity ?? 1),
  }));
}

/** Return the curves of a fit that is drawn over another one. */
function reducedCurves(curves: MetricCurves): MetricCurves {
  const { smoothed, training, validation } = curves;
  // Many faint curves over each other say nothing; a fit of a single epoch has no others.
  const hasOthers = smoothed !== null || training.x.length > 1 || validation.x.length > 1;
  return hasOthers ? { ...curves, batch: NO_BATCHES } : curves;
}

/** Return the traces of one fit; `among` says which of several it is. */
function fitTraces(
  input: FigureInput,
  curves: MetricCurves,
  theme: ChartTheme,
  among: { fit: number; shown: boolean } | null = null,
): Data[] {
  const { batch, smoothed, training, validation, partial, bestPoint } = curves;
  const { xUnit } = input;
  const scaled = (x: number[]) => (xUnit === 1 ? x : x.map((value) => value / xUnit));
  const wider = among?.shown ? 0.75 : 0;
  const line = (curve: Curve, style: object): Data =>
    ({
      type: "scatter",
      hoverinfo: "skip",
      ...style,
      x: scaled(curve.x),
      y: curve.y,
    }) as Data;
  const markers = (curve: Curve, symbol: string, color: string, size: number) => {
    const symbols = among ? FIT_SYMBOLS[fitStyle(among.fit).symbol]! : symbol;
    const sizes = markerSizes(input, curve, partial, size, among !== null);
    return {
      mode: sizes ? "lines+markers" : "lines",
      marker: {
        color,
        size: sizes ?? size,
        // Otherwise Plotly draws a rim around markers of several sizes.
        line: { width: 0 },
        // An epoch that was stopped early is no epoch like the others.
        symbol: partial.includes(true)
          ? curve.x.map((_, i) => (partial[i] ? `${symbols}-open` : symbols))
          : symbols,
      },
    };
  };
  const traces: Data[] = [];
  if (batch.x.length) {
    traces.push(
      line(batch.batches ? asSteps(batch) : batch, {
        name: t("batch"),
        mode: batch.x.length === 1 ? "lines+markers" : "lines",
        opacity: smoothed || among?.shown ? 0.3 : 0.55,
        line: { color: theme.training, width: 1 },
        marker: { color: theme.training, size: 4 },
      }),
    );
  }
  if (smoothed) {
    traces.push(
      line(smoothed, {
        name: t("smoothed"),
        mode: "lines",
        line: { color: theme.training, width: 2 },
      }),
    );
  }
  if (training.x.length) {
    traces.push(
      line(training, {
        name: t("training"),
        line: { color: theme.training, width: 1.5 + wider },
        ...markers(training, "circle", theme.training, 6),
      }),
    );
  }
  if (validation.x.length) {
    traces.push(
      line(validation, {
        name: t("validation"),
        // Epochs without validation (validation_freq) are NaN, and no gap in the line.
        connectgaps: true,
        line: { color: theme.validation, width: 1.75 + wider, dash: "5px,3px" as "dash" },
        ...markers(validation, "diamond", theme.validation, 7),
      }),
    );
  }
  if (bestPoint && (!among || among.shown)) {
    traces.push(
      line(
        { x: [bestPoint.x], y: [bestPoint.y] },
        {
          name: t("best epoch"),
          mode: "markers",
          marker: {
            color: theme.best,
            size: 13,
            symbol: "star",
            line: { color: theme.paper, width: 1 },
          },
        },
      ),
    );
  }
  return traces;
}

/** Return whether points at `x` have room for markers on an axis of `range` and so many pixels. */
export function hasMarkerRoom(x: ArrayLike<number>, [low, high]: Range, pixels: number): boolean {
  let inside = 0;
  for (let i = 0; i < x.length; i++) if (x[i]! >= low && x[i]! <= high) inside++;
  return inside * MARKER_PIXELS <= pixels;
}

/** Return the size of each marker of a line, or one size for all; null for a line without any. */
function markerSizes(
  { xRange, width }: FigureInput,
  { x, y }: Curve,
  partial: readonly boolean[],
  size: number,
  among: boolean,
): number | number[] | null {
  const room = hasMarkerRoom(x, xRange, plotWidth(width));
  if (room && !among) return size;
  const every = among ? Math.max(1, Math.ceil(x.length / OVERLAY_MARKERS)) : Infinity;
  const known = (i: number) => i >= 0 && i < y.length && Number.isFinite(y[i]);
  // A point between gaps is no line: without its marker it would be invisible.
  const sizes = y.map((_, i) =>
    partial[i] || i % every === every - 1 || (known(i) && !known(i - 1) && !known(i + 1))
      ? size
      : 0,
  );
  return sizes.some((size) => size > 0) ? sizes : null;
}

/** Return a curve that holds each value from its beginning to its end. */
function asSteps({ x, y, from }: BatchCurve): Curve {
  return {
    x: x.flatMap((end, i) => [from[i]!, end]),
    y: y.flatMap((value) => [value, value]),
  };
}

/** Return dotted lines at the marks, with their numbers in the strip above the chart. */
function markTraces(input: FigureInput): Data[] {
  const { curves, xRange, yRange, xUnit, logScale, width, theme } = input;
  const { marks } = curves;
  if (marks.length === 0) return [];
  const ofAxis = (share: number) => yRange[0] + share * (yRange[1] - yRange[0]);
  // Just inside: beyond the range by a rounding error, Plotly would leave the numbers out.
  const [low, high] = [0, 1 - 1e-9].map((share) =>
    logScale ? 10 ** ofAxis(share) : ofAxis(share),
  );
  const pixels = plotWidth(width);
  const toPixel = (x: number) => (pixels * (x - xRange[0])) / (xRange[1] - xRange[0]);
  const toX = (pixel: number) => xRange[0] + (pixel / pixels) * (xRange[1] - xRange[0]);
  const labels = placeMarkLabels(marks.map(toPixel), 0, pixels);
  return [
    {
      type: "scatter",
      hoverinfo: "skip",
      name: t("marks"),
      mode: "lines",
      x: marks.flatMap((x) => [x / xUnit, x / xUnit, null]),
      y: marks.flatMap(() => [low, high, null]),
      line: { color: theme.mark, width: 1, dash: "dot" },
    } as unknown as Data,
    {
      type: "scatter",
      hoverinfo: "skip",
      name: t("marks"),
      showlegend: false,
      mode: "text",
      cliponaxis: false,
      x: labels.map(({ x }) => toX(x) / xUnit),
      y: labels.map(() => high),
      text: labels.map(({ text }) => text),
      textposition: "top center",
      textfont: { color: theme.mark, size: 10 },
    } as unknown as Data,
  ];
}

/**
 * Return the whole figure, without the metric's name, in which Plotly would read tags. Its ranges
 * are inputs: Plotly does not keep a zoom of its own.
 */
export function buildFigure(input: FigureInput): Figure {
  const { theme, xUnit, width, height, logScale } = input;
  const drawn = [input, ...input.overlays].some(({ curves }) => hasPoints(curves));
  const axis = {
    color: theme.ink,
    gridcolor: theme.grid,
    linecolor: theme.grid,
    zeroline: false,
    automargin: false,
    autorange: false,
    exponentformat: "e",
    ticks: "",
    // Without points the numbers on an axis would mean nothing.
    showticklabels: drawn,
    tickfont: { size: 11 },
    uirevision: input.revision,
  } as const;
  return {
    data: [...buildTraces(input), ...markTraces(input)],
    layout: {
      width,
      height,
      autosize: false,
      margin: { ...MARGIN },
      paper_bgcolor: theme.paper,
      plot_bgcolor: theme.paper,
      font: { family: theme.font, color: theme.ink, size: 11 },
      showlegend: false,
      hovermode: false,
      dragmode: input.draggable ? "zoom" : false,
      uirevision: "kwidgets",
      xaxis: {
        ...axis,
        // Steps are counted: 15,000 and not 1.5e+4.
        exponentformat: "none",
        separatethousands: true,
        range: [input.xRange[0] / xUnit, input.xRange[1] / xUnit],
        title: { text: input.xTitle, standoff: 4, font: { size: 11 } },
        nticks: Math.max(3, Math.round(width / 80)),
        showgrid: false,
        showline: true,
      },
      yaxis: {
        ...axis,
        range: [...input.yRange],
        type: logScale ? "log" : "linear",
        nticks: Math.max(4, Math.round(height / 40)),
        showgrid: drawn,
        ...(logScale ? logAxis(input.yRange, height) : {}),
      },
    } as Partial<Layout>,
  };
}

/** Return the notes of a picture about what lies outside; on the page these are buttons. */
export function outsideAnnotations({ outside, theme }: FigureInput): object[] {
  const note = (text: string, y: number, yanchor: string) => ({
    text,
    xref: "paper",
    yref: "paper",
    x: 0,
    y,
    xanchor: "right",
    xshift: -4,
    yanchor,
    showarrow: false,
    font: { size: 11, color: theme.ink },
  });
  const notes: object[] = [];
  if (outside.above !== null) notes.push(note(aboveText(outside.above), 1, "bottom"));
  if (outside.below !== null) {
    notes.push({ ...note(belowText(outside.below), 0, "middle"), yshift: 8 - MARGIN.b });
  }
  return notes;
}

/** Return the sign for values above the axis: it stands over the numbers of the y axis. */
export function aboveText(value: number): string {
  return `▲ ${outsideText(value)}`;
}

/** Return the sign for values below the axis: it stands under the numbers of the y axis. */
export function belowText(value: number): string {
  return `▼ ${outsideText(value)}`;
}

function outsideText(value: number): string {
  return formatTick(Number(value.toPrecision(3)));
}

/** Return the pixels of the plotting area of a chart. */
export function plotWidth(width: number): number {
  return width - MARGIN.l - MARGIN.r;
}

/** Return whether there is a point to draw. */
export function hasPoints({ batch, training, validation }: MetricCurves): boolean {
  return batch.x.length + training.x.length + validation.x.length > 0;
}

function logAxis([low, high]: Range, height: number): object {
  const ticks = logTicks(low, high, Math.max(4, Math.round(height / 40)));
  return { tickmode: "array", tickvals: ticks, ticktext: ticks.map(formatTick) };
}
