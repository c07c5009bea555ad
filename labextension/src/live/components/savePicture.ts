/** Saves one picture of all shown charts, with the model's name and status as its heading. */

import type { Plotly } from "../../shared/plotly";
import { buildFigure, MARGIN } from "../chart/figure";
import { statusLabel } from "../labels";
import type { MetricInfo, RunInfo } from "../protocol";
import { type ChartContext, drawInput } from "./usePlotlyChart";

const WIDTH = 640;
const HEIGHT = 300;
const TITLE = 28;
const HEADER = 44;
const PADDING = 16;
const SCALE = 2;

type PictureContext = Pick<ChartContext, "store" | "options" | "zoom" | "readTheme">;

/** Draw the charts of `metrics` into a PNG and let the browser save it. */
export async function savePicture(
  plotly: Plotly,
  run: RunInfo,
  metrics: readonly MetricInfo[],
  context: PictureContext,
): Promise<void> {
  const theme = context.readTheme();
  const columns = Math.min(2, Math.max(1, metrics.length));
  const rows = Math.ceil(metrics.length / columns);
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * (columns * (WIDTH + PADDING) + PADDING);
  canvas.height = SCALE * (HEADER + rows * (HEIGHT + TITLE + PADDING) + PADDING);
  const pen = canvas.getContext("2d")!;
  pen.scale(SCALE, SCALE);
  pen.fillStyle = theme.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = theme.ink;
  const { progress } = context.store;
  pen.font = `600 16px ${theme.font}`;
  pen.fillText(`${run.model_name} · ${progress ? statusLabel(progress.status) : ""}`, PADDING, 30);
  for (const [i, metric] of metrics.entries()) {
    const x = PADDING + (i % columns) * (WIDTH + PADDING);
    const y = HEADER + Math.floor(i / columns) * (HEIGHT + TITLE + PADDING);
    pen.font = `600 14px ${theme.font}`;
    // Drawn, not parsed: a name with tags in it is shown as it is.
    pen.fillText(metric.name, x + MARGIN.l, y + 18, WIDTH - MARGIN.l);
    pen.drawImage(await chartImage(plotly, metric, context), x, y + TITLE, WIDTH, HEIGHT);
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob) download(blob, `${run.model_name.replace(/[^\w.-]+/g, "_") || "training"}.png`);
}

async function chartImage(
  plotly: Plotly,
  metric: MetricInfo,
  context: PictureContext,
): Promise<HTMLImageElement> {
  const input = drawInput(metric, context, WIDTH, HEIGHT);
  const figure = buildFigure({
    ...input,
    logScale: context.options.logScale,
    draggable: false,
    revision: 0,
  });
  const image = new Image();
  image.src = await plotly.toImage(figure, {
    format: "png",
    width: WIDTH,
    height: HEIGHT,
    scale: SCALE,
  });
  await image.decode();
  return image;
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
