/** Paths and ticks of small drawings. */

/** Return the path of a line through values; NaN interrupts it. */
export function linePath(
  values: ArrayLike<number>,
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let pen = "M";
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) {
      path += `${pen}${round(x(i))} ${round(y(value))}`;
      pen = "L";
    } else {
      pen = "M";
    }
  }
  return path;
}

/** Return at most `count` values of a long line, so that peaks stay: pairs of least and greatest. */
export function thinOut(values: readonly number[], count: number): readonly number[] {
  if (values.length <= count) return values;
  const width = (2 * values.length) / count;
  return Array.from({ length: count }, (_, i) => {
    const pair = i >> 1;
    let [low, high] = [Infinity, -Infinity];
    for (let at = Math.floor(pair * width); at < Math.floor((pair + 1) * width); at++) {
      low = Math.min(low, values[at] ?? Infinity);
      high = Math.max(high, values[at] ?? -Infinity);
    }
    return i % 2 ? high : low;
  });
}

/** Return the least and the greatest finite value; 0 and 1 where there is none. */
export function rangeOf(...lists: ArrayLike<number>[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of lists) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [0, 1];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

/** Return round numbers within a range, about `count` of them. */
export function ticksOf([low, high]: readonly [number, number], count = 4): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step);
  const ticks = [];
  for (let i = first; i * step <= high + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/**
 * Return a histogram with fewer bins of equal width where there are few samples: about twice the
 * cube root of their number, so that its shape is seen and not its noise.
 */
export function mergeBins(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const wanted = Math.max(8, 2 * Math.cbrt(total));
  let merged = [...counts];
  while (merged.length % 2 === 0 && merged.length >= 1.5 * wanted) {
    merged = Array.from(
      { length: merged.length / 2 },
      (_, i) => merged[2 * i]! + merged[2 * i + 1]!,
    );
  }
  return merged;
}
