/** Histograms of a layer's weights: the latest over the first, and all one behind the other. */

import { formatCount, formatShort } from "../../shared/format";
import { t } from "../../shared/translation";

interface HistogramStripProps {
  /** 64 bins of 0…255. */
  latest: Uint8Array;
  first: Uint8Array;
  label: string;
}

const WIDTH = 128;
const HEIGHT = 20;

export function HistogramStrip({ latest, first, label }: HistogramStripProps) {
  return (
    <svg
      class="kw-i-histogram"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
    >
      <title>{label}</title>
      <path class="kw-i-area" d={`${outline(latest, 0, WIDTH, HEIGHT, HEIGHT - 1)}Z`} />
      {first !== latest && (
        <path class="kw-i-first" d={outline(first, 0, WIDTH, HEIGHT, HEIGHT - 1)} />
      )}
    </svg>
  );
}

interface HistogramRidgeProps {
  histograms: readonly Uint8Array[];
  low: number;
  high: number;
  name: string;
}

const RIDGE_WIDTH = 360;
const RIDGE_HEIGHT = 34;
const RIDGE_STEP = 9;

/** All readings, the oldest at the back. */
export function HistogramRidge({ histograms, low, high, name }: HistogramRidgeProps) {
  const bottom = RIDGE_HEIGHT + (histograms.length - 1) * RIDGE_STEP;
  return (
    <svg
      class="kw-i-ridge"
      role="img"
      aria-label={t(
        "Weights of %1 in the last %2 readings, from %3 to %4",
        name,
        formatCount(histograms.length),
        formatShort(low),
        formatShort(high),
      )}
      viewBox={`0 0 ${RIDGE_WIDTH} ${bottom + 16}`}
      width={RIDGE_WIDTH}
      height={bottom + 16}
    >
      {histograms.map((bins, i) => {
        const base = RIDGE_HEIGHT + i * RIDGE_STEP;
        return (
          <path
            key={i}
            class="kw-i-ridge-line"
            data-latest={i === histograms.length - 1}
            d={outline(bins, 0, RIDGE_WIDTH, base, RIDGE_HEIGHT - 4)}
          />
        );
      })}
      <text x={0} y={bottom + 13}>
        {formatShort(low)}
      </text>
      <text x={RIDGE_WIDTH} y={bottom + 13} text-anchor="end">
        {formatShort(high)}
      </text>
    </svg>
  );
}

/** Return the outline of bins that stand on `base`; on a square-root scale, as they were sent. */
function outline(bins: Uint8Array, x: number, width: number, base: number, height: number) {
  const step = width / bins.length;
  let path = `M${x} ${base}`;
  bins.forEach((bin, i) => {
    const y = Math.round(100 * (base - (bin / 255) * height)) / 100;
    path += `L${x + i * step} ${y}H${x + (i + 1) * step}`;
  });
  return `${path}L${x + width} ${base}`;
}
