/** A drawing with two axes, as wide as its place: its parent draws the inside. */

import type { ComponentChildren } from "preact";
import { ticksOf } from "../../../shared/drawing";
import { formatShort } from "../../../shared/format";
import { useWidth } from "./useWidth";

export interface Scales {
  x: (value: number) => number;
  y: (value: number) => number;
}

interface AxesProps {
  /** What it shows, in words. */
  label: string;
  xTitle: string;
  xRange: readonly [number, number];
  yRange: readonly [number, number];
  height?: number;
  onLeave?: () => void;
  children: (scales: Scales) => ComponentChildren;
}

export function Axes({ label, xTitle, xRange, yRange, height = 220, ...rest }: AxesProps) {
  const { onLeave, children } = rest;
  const [element, width] = useWidth<HTMLDivElement>(420);
  const box = { left: 50, top: 8, right: Math.max(80, width - 8), bottom: height - 32 };
  const scale = ([low, high]: readonly [number, number], from: number, to: number) => {
    const size = high - low || 1;
    return (value: number) => from + ((value - low) / size) * (to - from);
  };
  const x = scale(xRange, box.left, box.right);
  const y = scale(yRange, box.bottom, box.top);
  const wholeTicks = ticksOf(xRange, Math.max(2, Math.min(8, width / 70))).filter(Number.isInteger);
  return (
    <div class="kw-search-plot" ref={element}>
      <svg
        role="img"
        aria-label={label}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        onPointerLeave={onLeave}
      >
        <g class="kw-search-grid">
          {ticksOf(yRange, 6).map((tick) => (
            <g key={tick}>
              <path d={`M${box.left} ${y(tick)}H${box.right}`} />
              <text x={box.left - 6} y={y(tick) + 4} text-anchor="end">
                {formatShort(tick)}
              </text>
            </g>
          ))}
          {wholeTicks.map((tick) => (
            <text key={tick} x={x(tick)} y={box.bottom + 15} text-anchor="middle">
              {tick}
            </text>
          ))}
          <text x={(box.left + box.right) / 2} y={height - 3} text-anchor="middle">
            {xTitle}
          </text>
        </g>
        {children({ x, y })}
      </svg>
    </div>
  );
}
