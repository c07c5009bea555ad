/** Figures of curves: the area under one, and how far probabilities are off. */

/** Return the area under a line of points (x, y), by trapezoids; x may rise or fall. */
export function areaUnder(points: readonly (readonly [number, number])[]): number {
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1]!, points[i]!];
    area += (x1 - x0) * ((y0 + y1) / 2);
  }
  return Math.abs(area);
}

/** Return the mean distance of the predicted probability from the share that was right. */
export function calibrationError(bins: readonly (readonly [number, number, number])[]): number {
  let [sum, total] = [0, 0];
  for (const [mean, right, count] of bins) {
    if (!Number.isFinite(mean + right)) continue;
    sum += count * Math.abs(mean - right);
    total += count;
  }
  return total ? sum / total : NaN;
}
