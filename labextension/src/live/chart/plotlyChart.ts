/** Draws one chart with Plotly into its element, and reports zooms and resets by the user. */

import type { Config, Plotly, PlotRelayoutEvent } from "../../shared/plotly";
import { t } from "../../shared/translation";
import type { MetricInfo } from "../protocol";
import type { ChartOptions, MetricCurves } from "./curves";
import { buildFigure, type ChartTheme, escapePlotlyText, type Figure, MARGIN } from "./figure";
import type { Range } from "./ranges";

/** All that a drawing depends on, in units of the data. */
export interface DrawInput {
  name: string;
  metricKind: MetricInfo["kind"];
  curves: MetricCurves;
  options: ChartOptions;
  xRange: Range;
  yRange: Range;
  xUnit: number;
  xTitle: string;
  width: number;
  height: number;
  theme: ChartTheme;
}

export interface PlotlyChartListener {
  zoomX(range: Range): void;
  zoomY(range: Range): void;
  reset(): void;
  drawn(): void;
}

export class PlotlyChart {
  /** The input of the last drawing; the crosshair computes with it. */
  drawn: DrawInput | null = null;
  private revision = 0;
  private disposed = false;
  private readonly config: Partial<Config>;
  private readonly draggable = !window.matchMedia?.("(pointer: coarse)").matches;

  constructor(
    private readonly plotly: Plotly,
    private readonly element: HTMLElement,
    private readonly listener: PlotlyChartListener,
  ) {
    this.config = {
      displaylogo: false,
      displayModeBar: "hover" as unknown as boolean,
      doubleClick: false,
      scrollZoom: false,
      showTips: false,
      modeBarButtons: [
        ["zoom2d", "pan2d"],
        [
          {
            name: "reset-zoom",
            title: t("Reset zoom"),
            icon: plotly.Icons.home,
            click: () => listener.reset(),
          },
          {
            name: "download-picture",
            title: t("Download picture"),
            icon: plotly.Icons.camera,
            click: () => void this.download(),
          },
        ],
      ] as unknown as NonNullable<Config["modeBarButtons"]>,
    };
  }

  draw(input: DrawInput): void {
    if (this.disposed) return;
    const first = this.drawn === null;
    this.drawn = input;
    const { data, layout } = this.figure(input);
    const done = this.plotly.react(this.element, data, layout, this.config);
    done.then(
      (element) => {
        if (!first || this.disposed) return;
        element.on("plotly_relayout", (change) => this.relayout(change));
        element.on("plotly_doubleclick", () => this.listener.reset());
      },
      (error) => console.error(error),
    );
    this.listener.drawn();
  }

  dispose(): void {
    this.disposed = true;
    if (this.drawn) this.plotly.purge(this.element);
  }

  private figure(input: DrawInput): Figure {
    return buildFigure({
      ...input,
      logScale: input.options.logScale,
      draggable: this.draggable,
      revision: ++this.revision,
    });
  }

  private relayout(change: PlotRelayoutEvent): void {
    const unit = this.drawn?.xUnit ?? 1;
    const x = rangeOf(change, "xaxis");
    const y = rangeOf(change, "yaxis");
    if (y) this.listener.zoomY(y);
    if (x) this.listener.zoomX([x[0] * unit, x[1] * unit]);
  }

  /** Save a picture with the metric's name as its title; on the page it is outside of the chart. */
  private async download(): Promise<void> {
    if (!this.drawn) return;
    const { name } = this.drawn;
    const { data, layout } = this.figure({ ...this.drawn, width: 800, height: 480 });
    await this.plotly.downloadImage(
      {
        data,
        layout: {
          ...layout,
          title: { text: escapePlotlyText(name), font: { size: 15 } },
          margin: { ...MARGIN, t: 44 },
          showlegend: true,
        },
      },
      {
        format: "png",
        width: 800,
        height: 480,
        scale: 2,
        filename: name.replace(/[^\w.-]+/g, "_") || "metric",
      },
    );
  }
}

function rangeOf(change: PlotRelayoutEvent, axis: "xaxis" | "yaxis"): Range | null {
  const fields = change as Record<string, unknown>;
  const range = fields[`${axis}.range`] as unknown[] | undefined;
  const low = Number(range ? range[0] : fields[`${axis}.range[0]`]);
  const high = Number(range ? range[1] : fields[`${axis}.range[1]`]);
  return Number.isFinite(low) && Number.isFinite(high) && low < high ? [low, high] : null;
}
