/** The crosshair of a chart, and a card with the values under it. */

import { useEffect } from "preact/hooks";
import { formatCount, formatDuration, formatValue } from "../../shared/format";
import { useRedraw } from "../../shared/hooks";
import { t } from "../../shared/translation";
import { type Curve, nearestPoint } from "../chart/curves";
import { MARGIN } from "../chart/figure";
import type { Hover } from "../chart/hover";
import type { DrawInput, PlotlyChart } from "../chart/plotlyChart";
import { Swatch, type SwatchKind } from "./Legend";

export function HoverLayer({
  hover,
  plotlyChart,
}: {
  hover: Hover;
  plotlyChart: () => PlotlyChart | null;
}) {
  const redraw = useRedraw();
  useEffect(() => hover.subscribe(redraw), [hover]);
  const drawn = plotlyChart()?.drawn;
  if (hover.x === null || !drawn) return null;
  const [low, high] = drawn.xRange;
  const share = (hover.x - low) / (high - low);
  if (!(share >= 0 && share <= 1)) return null;
  const left = MARGIN.l + share * (drawn.width - MARGIN.l - MARGIN.r);
  const rows = valuesAt(drawn, hover.x);
  return (
    <div class="kw-hover" aria-hidden="true">
      <div
        class="kw-crosshair"
        style={{ left: `${left}px`, top: `${MARGIN.t}px`, bottom: `${MARGIN.b}px` }}
      />
      <div
        class="kw-card"
        style={share > 0.5 ? { right: `${drawn.width - left + 8}px` } : { left: `${left + 8}px` }}
      >
        <div class="kw-card-x">{formatX(drawn, hover.x)}</div>
        {rows.map(({ kind, label, value }) => (
          <div key={kind} class="kw-card-row">
            <Swatch kind={kind} />
            <span class="kw-card-value">{formatValue(value)}</span>
            <span class="kw-card-label">{label}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** Return the x at a pixel of the chart, in units of the data; null outside of the plot. */
export function xAtPixel(drawn: DrawInput, pixel: number): number | null {
  const share = (pixel - MARGIN.l) / (drawn.width - MARGIN.l - MARGIN.r);
  if (share < 0 || share > 1) return null;
  return drawn.xRange[0] + share * (drawn.xRange[1] - drawn.xRange[0]);
}

function valuesAt({ curves, metricKind }: DrawInput, x: number) {
  const rows: { kind: SwatchKind; label: string; value: number }[] = [];
  const add = (kind: SwatchKind, label: string, curve: Curve | null) => {
    const i = curve ? nearestPoint(curve, x) : -1;
    if (curve && i >= 0) rows.push({ kind, label, value: curve.y[i]! });
  };
  add("batch", metricKind === "running" ? t("running value") : t("batch"), curves.batchMean);
  add("smoothed", t("smoothed"), curves.smoothed);
  add("training", t("training"), curves.training);
  add("validation", t("validation"), curves.validation);
  return rows;
}

function formatX({ options }: DrawInput, x: number): string {
  if (options.xAxis === "time") return formatDuration(x);
  if (options.xAxis === "epoch") return t("epoch %1", Math.max(0, x).toFixed(2));
  return t("step %1", formatCount(Math.max(0, Math.round(x))));
}
