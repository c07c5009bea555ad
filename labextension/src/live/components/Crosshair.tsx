/** The crosshair of a chart; the values under it are above the chart, where they cover nothing. */

import { useEffect } from "preact/hooks";
import { useRedraw } from "../../shared/hooks";
import { MARGIN, plotWidth } from "../chart/figure";
import type { Hover } from "../chart/hover";
import type { DrawInput, PlotlyChart } from "../chart/plotlyChart";

interface CrosshairProps {
  hover: Hover;
  plotlyChart: () => PlotlyChart | null;
}

export function Crosshair({ hover, plotlyChart }: CrosshairProps) {
  const redraw = useRedraw();
  useEffect(() => hover.subscribe(redraw), [hover]);
  const drawn = plotlyChart()?.drawn;
  if (!drawn || !isInside(drawn, hover.x)) return null;
  const [low, high] = drawn.xRange;
  const left = MARGIN.l + ((hover.x - low) / (high - low)) * plotWidth(drawn.width);
  return (
    <div
      class="kw-crosshair"
      aria-hidden="true"
      style={{ left: `${left}px`, top: `${MARGIN.t}px`, bottom: `${MARGIN.b}px` }}
    />
  );
}

/** Return whether there is a crosshair in this chart. */
export function isInside({ xRange }: DrawInput, x: number | null): x is number {
  return x !== null && x >= xRange[0] && x <= xRange[1];
}

/** Return the x at a pixel of the chart, in units of the data; null outside of the plot. */
export function xAtPixel(drawn: DrawInput, pixel: number): number | null {
  const share = (pixel - MARGIN.l) / plotWidth(drawn.width);
  if (share < 0 || share > 1) return null;
  return drawn.xRange[0] + share * (drawn.xRange[1] - drawn.xRange[0]);
}
