/** The histogram of a weight's values, as a small picture with a text for screen readers. */

import { formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Histogram } from "../protocol";

const WIDTH = 240;
const HEIGHT = 44;

export function HistogramPicture({ histogram, name }: { histogram: Histogram; name: string }) {
  const { counts, edges } = histogram;
  const most = Math.max(...counts, 1);
  const step = WIDTH / counts.length;
  const bars = counts
    .map((count, i) => {
      const height = count ? Math.max(1, (HEIGHT * count) / most) : 0;
      return `M${i * step} ${HEIGHT}v${-height}h${step - 0.8}v${height}z`;
    })
    .join("");
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 0];
  const peak = counts.indexOf(most);
  const label = t(
    "%1 from %2 to %3, most between %4 and %5",
    name,
    formatValue(low),
    formatValue(high),
    formatValue(edges[peak] ?? low),
    formatValue(edges[peak + 1] ?? high),
  );
  return (
    <svg
      class="kw-histogram"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT + 1}`}
      preserveAspectRatio="none"
    >
      <path d={bars} />
      {low < 0 && high > 0 && (
        <line x1={(-low / (high - low)) * WIDTH} x2={(-low / (high - low)) * WIDTH} y2={HEIGHT} />
      )}
    </svg>
  );
}
