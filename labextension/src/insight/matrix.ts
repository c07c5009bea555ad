/** The confusion matrix: what its cells show, how strong they are, and how they are named. */

import { formatCount } from "../shared/format";
import { t } from "../shared/translation";
import { formatChange, formatCompact, formatShare, percent } from "./labels";
import type { Confusion, Pair } from "./protocol";

export const MATRIX_MODES = ["counts", "shares", "change"] as const;
export type MatrixMode = (typeof MATRIX_MODES)[number];

export interface Matrix {
  size: number;
  counts: Uint32Array;
  before: Uint32Array | null;
}

export interface Cell {
  true: number;
  predicted: number;
}

/** Return the matrix, or null where there are too many classes for one. */
export function matrixOf({ classes, counts, before }: Confusion): Matrix | null {
  return counts && { size: classes, counts, before };
}

export function countAt({ counts, size }: Matrix, cell: Cell): number {
  return counts[cell.true * size + cell.predicted] ?? 0;
}

/** Return the number of samples of a true class. */
export function rowTotal({ counts, size }: Matrix, row: number): number {
  return counts.subarray(row * size, (row + 1) * size).reduce((sum, count) => sum + count, 0);
}

export function changeAt(matrix: Matrix, cell: Cell): number {
  const before = matrix.before?.[cell.true * matrix.size + cell.predicted];
  return before === undefined ? 0 : countAt(matrix, cell) - before;
}

/** Return the text in a cell; nothing where nothing is. */
export function cellText(matrix: Matrix, cell: Cell, mode: MatrixMode): string {
  const count = countAt(matrix, cell);
  if (mode === "change") {
    const change = changeAt(matrix, cell);
    return change ? formatChange(change, formatCompact) : "";
  }
  if (!count && cell.true !== cell.predicted) return "";
  if (mode === "counts") return formatCompact(count);
  const total = rowTotal(matrix, cell.true);
  return total ? percent(count / total) : "";
}

/**
 * Return what says how strong the colour of a cell is, from 0 to 1: on the diagonal as the share of
 * its row, of errors on a square-root scale up to the largest one, so that a few among many are seen.
 */
export function strengthOf(matrix: Matrix, mode: MatrixMode): (cell: Cell) => number {
  const { size } = matrix;
  if (mode === "change") {
    const change = (cell: Cell) => Math.abs(changeAt(matrix, cell));
    const largest = largestOf(size, change) || 1;
    return (cell) => Math.sqrt(change(cell) / largest);
  }
  const totals = Array.from({ length: size }, (_, row) => rowTotal(matrix, row) || 1);
  const share = (cell: Cell) => countAt(matrix, cell) / totals[cell.true]!;
  const error = mode === "shares" ? share : (cell: Cell) => countAt(matrix, cell);
  const isRight = (cell: Cell) => cell.true === cell.predicted;
  const largest = largestOf(size, (cell) => (isRight(cell) ? 0 : error(cell))) || 1;
  return (cell) => (isRight(cell) ? share(cell) : Math.sqrt(error(cell) / largest));
}

function largestOf(size: number, value: (cell: Cell) => number): number {
  let largest = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      largest = Math.max(largest, value({ true: row, predicted: column }));
    }
  }
  return largest;
}

/** Return a cell's name: "true 4, predicted 9: 23 of 982, 2.3 %". */
export function cellName(
  matrix: Matrix,
  cell: Cell,
  mode: MatrixMode,
  className: (index: number) => string,
): string {
  const total = rowTotal(matrix, cell.true);
  const count = countAt(matrix, cell);
  const name = t(
    "true %1, predicted %2: %3 of %4, %5",
    className(cell.true),
    className(cell.predicted),
    formatCount(count),
    formatCount(total),
    formatShare(total ? count / total : 0),
  );
  if (mode !== "change") return name;
  const change = formatChange(changeAt(matrix, cell), formatCount);
  return `${name}, ${t("%1 since the last epoch", change)}`;
}

/** Return the cell to which a key moves, or null if it moves nowhere. */
export function cellAfterKey(cell: Cell, size: number, key: string, control: boolean): Cell | null {
  const last = size - 1;
  const to = (row: number, column: number): Cell => ({
    true: Math.min(Math.max(row, 0), last),
    predicted: Math.min(Math.max(column, 0), last),
  });
  const { true: row, predicted: column } = cell;
  switch (key) {
    case "ArrowUp":
      return to(row - 1, column);
    case "ArrowDown":
      return to(row + 1, column);
    case "ArrowLeft":
      return to(row, column - 1);
    case "ArrowRight":
      return to(row, column + 1);
    case "Home":
      return control ? to(0, 0) : to(row, 0);
    case "End":
      return control ? to(last, last) : to(row, last);
    default:
      return null;
  }
}

/** Return the most frequent error, or null. */
export function mostConfused({ pairs }: Confusion): Pair | null {
  return pairs.reduce<Pair | null>(
    (most, pair) => (!most || pair.count > most.count ? pair : most),
    null,
  );
}
