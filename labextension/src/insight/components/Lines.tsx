/** A sample's lines: a series, a sound's wave, or a forecast after what came before. */

import { linePath, rangeOf, thinOut } from "../../shared/drawing";
import { t } from "../../shared/translation";
import type { Looks } from "../protocol";

interface LinesProps {
  looks: Looks;
  size: "small" | "large";
  /** How much each time step counts, from −1 to 1. */
  shares: readonly number[] | null;
}

const POINTS = 600;

export function Lines({ looks, size, shares }: LinesProps) {
  const { series = [], true_series = [], predicted_series = [] } = looks;
  const [width, height] = size === "large" ? [560, 180] : [176, 56];
  const past = Math.max(0, ...series.map((line) => line.length));
  const ahead = [...true_series, ...predicted_series];
  const future = Math.max(0, ...ahead.map((line) => line.length));
  const [low, high] = rangeOf(...series, ...ahead);
  const length = past + future - 1 || 1;
  const path = (line: readonly number[], from: number) => {
    const drawn = thinOut(line, POINTS);
    const step = (line.length - 1) / (drawn.length - 1 || 1);
    return linePath(
      drawn,
      (i) => 2 + ((from + i * step) / length) * (width - 4),
      (value) => height - 3 - ((value - low) / (high - low)) * (height - 6),
    );
  };
  const bar = (width - 4) / (shares?.length || 1);
  return (
    <span class="kw-i-lines">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
        {shares?.map((share, i) => (
          <rect
            key={i}
            class="kw-i-share"
            data-negative={share < 0}
            x={2 + i * bar}
            y={0}
            width={bar}
            height={height}
            opacity={Number.isFinite(share) ? 0.45 * Math.abs(share) : 0}
          />
        ))}
        {series.map((line, i) => (
          <path key={i} class="kw-i-line" data-line={i % 4} d={path(line, 0)} />
        ))}
        {true_series.map((line, i) => (
          <path key={i} class="kw-i-line" data-line="true" d={path(line, past)} />
        ))}
        {predicted_series.map((line, i) => (
          <path key={i} class="kw-i-line" data-line="predicted" d={path(line, past)} />
        ))}
      </svg>
      {size === "large" && future > 0 && (
        <span class="kw-i-caption">{t("solid: true; dashed: predicted")}</span>
      )}
    </span>
  );
}
