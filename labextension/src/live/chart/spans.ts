/**
 * Means of a batch curve over spans of equally many batches.
 *
 * The kernel samples by the clock: one row has a single batch, the next the rest of the epoch. Drawn
 * as they are, single batches look as if they were trends. The same as
 * `kwidgets/live/numbers/batch_spans.py`; `tests/golden/charts.json` compares both.
 */

/** Means over (`start`, `end`], of which `batches` have a value; one entry a span. */
export interface Spans {
  /** Batches of a whole span. */
  width: number;
  start: number[];
  end: number[];
  mean: number[];
  batches: number[];
}

/** Spans of a whole chart: more are narrower than what an eye can tell apart. */
export const MAX_SPANS = 160;

// Rows of at most the chosen width have so large a share of all batches.
const SHARE_OF_BATCHES = 0.75;

/** Return the width of spans, one of 1, 2, 5 × 10^k, for rows that end at `steps`. */
export function spanWidth(steps: ArrayLike<number>, from: number, to: number): number {
  const widths: number[] = [];
  let total = 0;
  for (let i = 0; i < steps.length; i++) {
    const width = steps[i]! - (i ? steps[i - 1]! : 0);
    if (width > 0) {
      widths.push(width);
      total += width;
    }
  }
  widths.sort((a, b) => a - b);
  let covered = 0;
  let typical = 1;
  for (const width of widths) {
    covered += width;
    typical = width;
    if (covered >= SHARE_OF_BATCHES * total) break;
  }
  return roundUp(Math.max(1, typical, (to - from) / MAX_SPANS));
}

/** Return the means of `values` over the spans that touch (`from`, `to`]. */
export function equalSpans(
  steps: ArrayLike<number>,
  values: ArrayLike<number>,
  from: number,
  to: number,
): Spans {
  const width = spanWidth(steps, from, to);
  const first = Math.max(0, Math.floor(from / width));
  const last = Math.floor(Math.max(from, to - 1e-9) / width);
  const sums = new Map<number, { sum: number; weight: number; batches: number }>();
  let begin = 0;
  for (let i = 0; i < steps.length; i++) {
    const [rowStart, rowEnd] = [begin, steps[i]!];
    begin = rowEnd;
    const low = Math.max(first, Math.floor(rowStart / width));
    const high = Math.min(last, Math.ceil(rowEnd / width) - 1);
    for (let span = low; span <= high; span++) {
      const batches = Math.min(rowEnd, (span + 1) * width) - Math.max(rowStart, span * width);
      if (batches <= 0) continue;
      const entry = sums.get(span) ?? { sum: 0, weight: 0, batches: 0 };
      sums.set(span, entry);
      entry.batches += batches;
      if (Number.isFinite(values[i])) {
        entry.sum += batches * values[i]!;
        entry.weight += batches;
      }
    }
  }
  const spans: Spans = { width, start: [], end: [], mean: [], batches: [] };
  const entries = [...sums].sort(([a], [b]) => a - b);
  for (const [i, [span, { sum, weight, batches }]] of entries.entries()) {
    // The last span has just begun: a few batches would pretend to be a trend.
    if (i > 0 && i === entries.length - 1 && batches < width / 2) break;
    spans.start.push(span * width);
    spans.end.push(Math.min((span + 1) * width, begin));
    spans.mean.push(weight > 0 ? sum / weight : NaN);
    spans.batches.push(weight);
  }
  return spans;
}

/** Return the smallest of 1, 2, 5 × 10^k that is not below `value`. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-12);
  const digit = [1, 2, 5, 10].find((digit) => digit * power >= value * (1 - 1e-9))!;
  return Math.round(digit * power);
}
