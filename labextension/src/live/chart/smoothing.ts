/** Smooths a curve. */

/**
 * Return an exponential moving average without a bias towards 0 at the start: each value is the
 * mean of those so far, the i-th last weighing `factor`^i. NaN stays NaN and does not change the
 * average.
 */
export function smooth(values: ArrayLike<number>, factor: number): number[] {
  const smoothed = new Array<number>(values.length);
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) {
      sum = factor * sum + (1 - factor) * value;
      weight = factor * weight + (1 - factor);
      smoothed[i] = sum / weight;
    } else {
      smoothed[i] = NaN;
    }
  }
  return smoothed;
}
