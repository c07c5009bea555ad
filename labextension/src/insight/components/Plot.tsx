/** A small plot with axes, drawn as SVG: its parent draws the inside. */

import type { ComponentChildren } from "preact";
import { ticksOf } from "../../shared/drawing";
import { formatShort } from "../../shared/format";

export interface Scales {
  x: (value: number) => number;
  y: (value: number) => number;
  /** Pixels of the inside. */
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface PlotProps {
  /** What it shows, in words. */
  label: string;
  xTitle: string;
  yTitle: string;
  xRange: readonly [number, number];
  yRange: readonly [number, number];
  width?: number;
  height?: number;
  children: (scales: Scales) => ComponentChildren;
}

export function Plot(props: PlotProps) {
  const { label, xTitle, yTitle, xRange, yRange, width = 260, height = 220, children } = props;
  const box = { left: 46, top: 8, right: width - 10, bottom: height - 34 };
  const scale = ([low, high]: readonly [number, number], from: number, to: number) => {
    const size = high - low || 1;
    return (value: number) => from + ((value - low) / size) * (to - from);
  };
  const scales: Scales = {
    ...box,
    x: scale(xRange, box.left, box.right),
    y: scale(yRange, box.bottom, box.top),
  };
  return (
    <svg
      class="kw-i-plot"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      style={{ maxWidth: `${width * 1.4}px` }}
    >
      <g class="kw-i-axes">
        {ticksOf(xRange).map((tick) => (
          <g key={tick}>
            <path d={`M${scales.x(tick)} ${box.top}V${box.bottom}`} />
            <text x={scales.x(tick)} y={box.bottom + 13} text-anchor="middle">
              {formatShort(tick)}
            </text>
          </g>
        ))}
        {ticksOf(yRange).map((tick) => (
          <g key={tick}>
            <path d={`M${box.left} ${scales.y(tick)}H${box.right}`} />
            <text x={box.left - 5} y={scales.y(tick) + 3.5} text-anchor="end">
              {formatShort(tick)}
            </text>
          </g>
        ))}
        <text x={(box.left + box.right) / 2} y={height - 5} text-anchor="middle">
          {xTitle}
        </text>
        <text
          transform={`translate(10 ${(box.top + box.bottom) / 2}) rotate(-90)`}
          text-anchor="middle"
        >
          {yTitle}
        </text>
      </g>
      {children(scales)}
    </svg>
  );
}
