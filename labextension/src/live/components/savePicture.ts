/** Saves one picture of charts, with the model's name and status as its heading, and a legend. */

import type { Plotly } from "../../shared/plotly";
import { t } from "../../shared/translation";
import type { CurveKind } from "../chart/curves";
import { type ChartsInput, drawInput, fitLabel } from "../chart/drawInput";
import {
  buildFigure,
  type ChartTheme,
  fitStyle,
  MARGIN,
  outsideAnnotations,
} from "../chart/figure";
import { progressLabel } from "../labels";
import type { MetricInfo, RunInfo } from "../protocol";
import { downloadBlob, fileName } from "./downloadBlob";

const WIDTH = 640;
const HEIGHT = 300;
const TITLE = 28;
const HEADER = 66;
const PADDING = 16;
const SCALE = 2;

/** Draw the charts of `metrics` into a PNG and let the browser save it. */
export async function savePicture(
  plotly: Plotly,
  run: RunInfo,
  metrics: readonly MetricInfo[],
  charts: ChartsInput,
  theme: ChartTheme,
): Promise<void> {
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
  const { progress } = charts.fits[0].store;
  pen.font = `600 16px ${theme.font}`;
  pen.fillText(`${run.model_name} · ${progress ? progressLabel(progress) : ""}`, PADDING, 30);
  drawLegend(pen, legendEntries(charts, metrics, theme), theme, canvas.width / SCALE);
  for (const [i, metric] of metrics.entries()) {
    const x = PADDING + (i % columns) * (WIDTH + PADDING);
    const y = HEADER + Math.floor(i / columns) * (HEIGHT + TITLE + PADDING);
    pen.fillStyle = theme.ink;
    pen.font = `600 14px ${theme.font}`;
    // Drawn, not parsed: a name with tags in it is shown as it is.
    pen.fillText(metric.name, x + MARGIN.l, y + 18, WIDTH - MARGIN.l);
    pen.drawImage(await chartImage(plotly, metric, charts, theme), x, y + TITLE, WIDTH, HEIGHT);
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  const [metric] = metrics;
  const name = metrics.length === 1 && metric ? `${run.model_name}-${metric.name}` : run.model_name;
  if (blob) downloadBlob(blob, `${fileName(name, "training")}.png`);
}

interface LegendEntry {
  text: string;
  color: string;
  dash: number[];
  width: number;
  marker: "circle" | "diamond" | "star" | null;
}

/** Return the curves that the picture shows. */
export function legendEntries(
  { fits, left = [], options }: ChartsInput,
  metrics: readonly MetricInfo[],
  theme: ChartTheme,
): LegendEntry[] {
  const shown = (kind: CurveKind) => !options.hidden.includes(kind);
  const line = (text: string, color: string): LegendEntry => ({
    text,
    color,
    dash: [],
    width: 2,
    marker: null,
  });
  const entries: LegendEntry[] = [];
  const overlay = fits.length > 1;
  if (overlay) {
    for (const fit of fits) {
      entries.push(line(fitLabel(fit), theme.fits[fitStyle(fit.fit).color]!));
    }
  }
  const { store } = fits[0];
  const has = (column: string) => metrics.some(({ name }) => store.epoch.has(`${column}/${name}`));
  const [training, validation] = overlay
    ? [theme.ink, theme.ink]
    : [theme.training, theme.validation];
  if (shown("batch") && metrics.some(({ name }) => store.batch.has(`mean/${name}`))) {
    entries.push({ ...line(t("batches"), training), width: 1 });
  }
  if (shown("training") && has("training")) {
    entries.push({ ...line(t("training"), training), marker: "circle" });
  }
  if (shown("validation") && has("validation")) {
    entries.push({ ...line(t("validation"), validation), dash: [5, 3], marker: "diamond" });
  }
  if (shown("best") && metrics.some(({ name }) => store.best.has(name))) {
    entries.push({ ...line(t("best epoch"), theme.best), width: 0, marker: "star" });
  }
  if (shown("left") && left.length > 0) {
    entries.push({ ...line(t("earlier run"), theme.grid), width: 1 });
  }
  return entries;
}

function drawLegend(
  pen: CanvasRenderingContext2D,
  entries: readonly LegendEntry[],
  theme: ChartTheme,
  width: number,
): void {
  pen.font = `12px ${theme.font}`;
  let x = PADDING;
  const y = 50;
  for (const { text, color, dash, width: stroke, marker } of entries) {
    const space = 34 + pen.measureText(text).width;
    if (x + space > width - PADDING) break;
    pen.strokeStyle = pen.fillStyle = color;
    if (stroke) {
      pen.lineWidth = stroke;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + 24, y);
      pen.stroke();
      pen.setLineDash([]);
    }
    if (marker === "circle" || marker === "diamond") {
      pen.beginPath();
      if (marker === "circle") pen.arc(x + 12, y, 3, 0, 7);
      else
        for (const [dx, dy] of [
          [0, -4],
          [4, 0],
          [0, 4],
          [-4, 0],
        ])
          pen.lineTo(x + 12 + dx!, y + dy!);
      pen.fill();
    }
    if (marker === "star") pen.fillText("★", x + 8, y + 4);
    pen.fillStyle = theme.ink;
    pen.fillText(text, x + 30, y + 4);
    x += space + 14;
  }
}

async function chartImage(
  plotly: Plotly,
  metric: MetricInfo,
  charts: ChartsInput,
  theme: ChartTheme,
): Promise<HTMLImageElement> {
  const drawn = drawInput(metric, charts, null, { width: WIDTH, height: HEIGHT }, theme);
  const input = { ...drawn, draggable: false, revision: 0 };
  const { data, layout } = buildFigure(input);
  const annotations = outsideAnnotations(input) as NonNullable<typeof layout.annotations>;
  const image = new Image();
  image.src = await plotly.toImage(
    { data, layout: { ...layout, annotations } },
    { format: "png", width: WIDTH, height: HEIGHT, scale: SCALE },
  );
  await image.decode();
  return image;
}
