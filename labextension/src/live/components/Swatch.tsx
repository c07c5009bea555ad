/** Samples of lines and markers as the charts draw them. */

import type { CurveKind } from "../chart/curves";
import { fitStyle } from "../chart/figure";

/** A sample of a curve, distinguished by dash and marker too. */
export function Swatch({ kind }: { kind: CurveKind }) {
  return (
    <svg
      class="kw-swatch"
      data-kind={kind}
      viewBox="0 0 24 10"
      width="24"
      height="10"
      aria-hidden="true"
    >
      {kind === "mark" && <path class="kw-swatch-line" d="M12 -1V11" />}
      {kind === "batch" && <path class="kw-swatch-line" d="M1 2H7V5H13V4H18V8H23" />}
      {kind !== "best" && kind !== "mark" && kind !== "batch" && (
        <path class="kw-swatch-line" d="M1 5H23" />
      )}
      {kind === "training" && <circle class="kw-swatch-marker" cx="12" cy="5" r="3" />}
      {kind === "validation" && <path class="kw-swatch-marker" d="M12 1l4 4-4 4-4-4z" />}
      {kind === "best" && (
        <path
          class="kw-swatch-marker"
          d="M12 0l1.4 3.3 3.6.3-2.7 2.4.8 3.5L12 7.6 8.9 9.5l.8-3.5L7 3.6l3.6-.3z"
        />
      )}
    </svg>
  );
}

/** In the order of FIT_SYMBOLS. */
const FIT_MARKERS = [
  "M12 2a3 3 0 1 1 0 6 3 3 0 1 1 0-6z",
  "M9 2h6v6H9z",
  "M12 1.5l3.5 6h-7z",
  "M12 1l4 4-4 4-4-4z",
  "M11 2h2v2h2v2h-2v2h-2V6H9V4h2z",
  "M9 2l1-1 2 2 2-2 1 1-2 2 2 2v1l-1 1-2-2-2 2-1-1 2-3z",
  "M12 8.500l3.500-6h-7z",
  "M12 1.500l3.600 2.700-1.400 4.100H9.800L8.400 4.200z",
] as const;

/** A sample of the line of one fit among several. */
export function FitSwatch({ fit }: { fit: number }) {
  const { color, symbol } = fitStyle(fit);
  return (
    <svg
      class="kw-swatch"
      style={{ color: `var(--kw-fit-${color + 1})` }}
      viewBox="0 0 24 10"
      width="24"
      height="10"
      aria-hidden="true"
    >
      <path class="kw-swatch-line" d="M1 5H23" />
      <path class="kw-swatch-marker" d={FIT_MARKERS[symbol]} />
    </svg>
  );
}
