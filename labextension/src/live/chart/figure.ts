/** Builds Plotly's data and layout from curves. */

import type { Data, Layout } from "../../shared/plotly";
import { t } from "../../shared/translation";
import type { Curve, MetricCurves } from "./curves";
import type { Range } from "./ranges";

/** Colours and font, resolved, since Plotly does not read CSS variables. */
export interface ChartTheme {
  ink: string;
  grid: string;
  paper: string;
  training: string;
  validation: string;
  best: string;
  mark: string;
  font: string;
}

export interface Figure {
  data: Data[];
  layout: Partial<Layout>;
}

export interface FigureInput {
  curves: MetricCurves;
  xRange: Range;
  yRange: Range;
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
export const MARGIN = { l: 50, r: 10, t: 8, b: 34 } as const;

// Beyond this, markers hide the line.
const MAX_MARKERS = 60;
// Beyond this, the numbers of the marks hide each other.
const MAX_NUMBERS = 12;

/** Return the traces, drawn in this order. */
export function buildTraces(curves: MetricCurves, xUnit: number, theme: ChartTheme): Data[] {
  const { batch, smoothed, training, validation, bestPoint } = curves;
  const scaled = (x: number[]) => (xUnit === 1 ? x : x.map((value) => value / xUnit));
  const line = (curve: Curve, style: Partial<Data>): Data =>
    ({
      type: "scatter",
      hoverinfo: "skip",
      ...style,
      x: scaled(curve.x),
      y: curve.y,
    }) as Data;
  const mode = (curve: Curve) => (curve.x.length <= MAX_MARKERS ? "lines+markers" : "lines");
  const traces: Data[] = [];
  if (batch.x.length) {
    traces.push(
      line(batch, {
        name: t("batch"),
        mode: batch.x.length === 1 ? "markers" : "lines",
        opacity: smoothed ? 0.28 : 0.6,
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
        mode: mode(training),
        line: { color: theme.training, width: 1.5 },
        marker: { color: theme.training, size: 6, symbol: "circle" },
      }),
    );
  }
  if (validation.x.length) {
    traces.push(
      line(validation, {
        name: t("validation"),
        mode: mode(validation),
        // Epochs without validation (validation_freq) are NaN, and no gap in the line.
        connectgaps: true,
        line: { color: theme.validation, width: 1.75, dash: "5px,3px" as "dash" },
        marker: { color: theme.validation, size: 7, symbol: "diamond" },
      }),
    );
  }
  if (bestPoint) {
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

/** Return dotted lines at the marks, numbered as in the list below the charts. */
function markTrace({ curves, yRange, xUnit, logScale, theme }: FigureInput): Data[] {
  const { marks } = curves;
  if (marks.length === 0) return [];
  const [low, high] = logScale ? yRange.map((power) => 10 ** power) : yRange;
  // A space in front, or the line runs through the number.
  const numbers = marks.map((_, i) => `\u00a0${i + 1}`);
  return [
    {
      type: "scatter",
      hoverinfo: "skip",
      name: t("marks"),
      mode: marks.length > MAX_NUMBERS ? "lines" : "lines+text",
      x: marks.flatMap((x) => [x / xUnit, x / xUnit, null]),
      y: marks.flatMap(() => [low, high, null]),
      text: numbers.flatMap((number) => ["", number, ""]),
      textposition: "bottom right",
      textfont: { color: theme.mark, size: 10 },
      line: { color: theme.mark, width: 1, dash: "dot" },
    } as unknown as Data,
  ];
}

/**
 * Return the whole figure, without the metric's name, in which Plotly would read tags. Its ranges
 * are inputs: Plotly does not keep a zoom of its own.
 */
export function buildFigure(input: FigureInput): Figure {
  const { curves, theme, xUnit, width, height, logScale } = input;
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
    showticklabels: hasPoints(curves),
    tickfont: { size: 11 },
    uirevision: input.revision,
  } as const;
  return {
    data: [...buildTraces(curves, xUnit, theme), ...markTrace(input)],
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
      // Keeps what the user chose in the mode bar: zoom or pan.
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
        nticks: 6,
        showgrid: hasPoints(curves),
        ...logTicks(logScale, input.yRange),
      },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.ink, activecolor: theme.training },
    } as Partial<Layout>,
  };
}

function hasPoints({ batch, training, validation }: MetricCurves): boolean {
  return batch.x.length + training.x.length + validation.x.length > 0;
}

/** Return ticks at 1, 2 and 5 for short log axes: Plotly would label each digit, overlapping. */
function logTicks(logScale: boolean, [low, high]: Range): { dtick?: string } {
  return logScale && high - low > 0.6 && high - low < 4 ? { dtick: "D2" } : {};
}

/** Escape a text for Plotly's labels, which read tags and entities. */
export function escapePlotlyText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
