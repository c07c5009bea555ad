/** A small line of values over epochs or readings, without axes. */

import { linePath } from "../../shared/drawing";

interface SparklineProps {
  values: readonly number[];
  /** The range of the axis; that of the values by default. */
  range?: [number, number];
  width?: number;
}

const HEIGHT = 16;

export function Sparkline({ values, range, width = 64 }: SparklineProps) {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return <span class="kw-i-spark" style={{ width: `${width}px` }} />;
  const [low, high] = range ?? [Math.min(...finite), Math.max(...finite)];
  const size = high - low || 1;
  const x = (i: number) => 1.5 + (i / (values.length - 1)) * (width - 4);
  const y = (value: number) => HEIGHT - 2 - ((value - low) / size) * (HEIGHT - 4);
  const last = values.lastIndexOf(finite.at(-1)!);
  return (
    <svg
      class="kw-i-spark"
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      aria-hidden="true"
    >
      <path d={linePath(values, x, y)} />
      <circle cx={x(last)} cy={y(values[last]!)} r="1.8" />
    </svg>
  );
}
