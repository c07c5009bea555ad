/** Draws one chart with Plotly into its element, and reports zooms and resets by the user. */

import type { Config, Plotly, PlotRelayoutEvent } from "../../shared/plotly";
import type { MetricInfo } from "../protocol";
import type { ChartOptions, MetricCurves } from "./curves";
import { buildFigure, type ChartTheme, type Figure, type Outside, type Overlay } from "./figure";
import type { Range } from "./ranges";

/** All that a drawing depends on, in units of the data. */
export interface DrawInput {
  name: string;
  metricKind: MetricInfo["kind"];
  fit: number;
  curves: MetricCurves;
  overlays: readonly Overlay[];
  left: readonly Overlay[];
  options: ChartOptions;
  logScale: boolean;
  xRange: Range;
  yRange: Range;
  outside: Outside;
  xUnit: number;
  xTitle: string;
  width: number;
  height: number;
  theme: ChartTheme;
}

export interface PlotlyChartListener {
  zoomX(range: Range): void;
  zoomY(range: Range): void;
  doubleClick(): void;
  drawn(input: DrawInput): void;
}

// Our own buttons are beside the chart's name: Plotly's would cover the curves.
const CONFIG: Partial<Config> = {
  displayModeBar: false,
  doubleClick: false,
  scrollZoom: false,
  showTips: false,
};

export class PlotlyChart {
  /** The input of the last drawing; the crosshair computes with it. */
  drawn: DrawInput | null = null;
  private revision = 0;
  private disposed = false;
  private readonly draggable = !window.matchMedia?.("(pointer: coarse)").matches;

  constructor(
    private readonly plotly: Plotly,
    private readonly element: HTMLElement,
    private readonly listener: PlotlyChartListener,
  ) {}

  draw(input: DrawInput): void {
    if (this.disposed) return;
    const first = this.drawn === null;
    this.drawn = input;
    const { data, layout } = this.figure(input);
    const done = this.plotly.react(this.element, data, layout, CONFIG);
    done.then(
      (element) => {
        if (!first || this.disposed) return;
        element.on("plotly_relayout", (change) => this.relayout(change));
        element.on("plotly_doubleclick", () => this.listener.doubleClick());
      },
      (error) => console.error(error),
    );
    this.listener.drawn(input);
  }

  dispose(): void {
    this.disposed = true;
    if (this.drawn) this.plotly.purge(this.element);
  }

  private figure(input: DrawInput): Figure {
    return buildFigure({ ...input, draggable: this.draggable, revision: ++this.revision });
  }

  private relayout(change: PlotRelayoutEvent): void {
    const unit = this.drawn?.xUnit ?? 1;
    const x = rangeOf(change, "xaxis");
    const y = rangeOf(change, "yaxis");
    if (y) this.listener.zoomY(y);
    if (x) this.listener.zoomX([x[0] * unit, x[1] * unit]);
  }
}

function rangeOf(change: PlotRelayoutEvent, axis: "xaxis" | "yaxis"): Range | null {
  const fields = change as Record<string, unknown>;
  const range = fields[`${axis}.range`] as unknown[] | undefined;
  const low = Number(range ? range[0] : fields[`${axis}.range[0]`]);
  const high = Number(range ? range[1] : fields[`${axis}.range[1]`]);
  return Number.isFinite(low) && Number.isFinite(high) && low < high ? [low, high] : null;
}
