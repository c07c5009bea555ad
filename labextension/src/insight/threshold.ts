/** Figures of classes at any threshold, from counts of samples by score. */

import type { ClassesTable, Confusion, Scores } from "./protocol";

export interface Counts {
  truePositive: number;
  falsePositive: number;
  falseNegative: number;
  trueNegative: number;
}

export function rowsOf({ bins, positive }: Scores): number {
  return positive.length / bins;
}

/** Return the counts of a row of scores at a threshold, rounded to the edge of a bin. */
export function countsAt(scores: Scores, row: number, threshold: number): Counts {
  const { bins } = scores;
  const from = Math.round(threshold * bins);
  const sum = (counts: Uint32Array, begin: number, end: number) =>
    counts.subarray(row * bins + begin, row * bins + end).reduce((total, n) => total + n, 0);
  return {
    truePositive: sum(scores.positive, from, bins),
    falsePositive: sum(scores.negative, from, bins),
    falseNegative: sum(scores.positive, 0, from),
    trueNegative: sum(scores.negative, 0, from),
  };
}

/** Return the counts of the other one of two classes. */
export function otherClass(counts: Counts): Counts {
  return {
    truePositive: counts.trueNegative,
    falsePositive: counts.falseNegative,
    falseNegative: counts.falsePositive,
    trueNegative: counts.truePositive,
  };
}

/**
 * Return a table's figures at a threshold. One row of scores is of the second of two classes, whose
 * threshold decides about both.
 */
export function tableAt(table: ClassesTable, threshold: number): ClassesTable {
  const { scores } = table;
  if (!scores) return table;
  const counts = classCounts(scores, table.names.length, threshold);
  const precision = counts.map((c) => c.truePositive / (c.truePositive + c.falsePositive));
  const recall = counts.map((c) => c.truePositive / (c.truePositive + c.falseNegative));
  return {
    ...table,
    support: counts.map((c) => c.truePositive + c.falseNegative),
    predicted: counts.map((c) => c.truePositive + c.falsePositive),
    precision,
    recall,
    f1: counts.map(
      (c) => (2 * c.truePositive) / (2 * c.truePositive + c.falsePositive + c.falseNegative),
    ),
    iou: null,
  };
}

function classCounts(scores: Scores, classes: number, threshold: number): Counts[] {
  const rows = rowsOf(scores);
  if (rows === 1 && classes === 2) {
    const second = countsAt(scores, 0, threshold);
    return [otherClass(second), second];
  }
  return Array.from({ length: Math.min(rows, classes) }, (_, row) =>
    countsAt(scores, row, threshold),
  );
}

/** Return the matrix of two classes at a threshold of the second one's scores. */
export function matrixAt(confusion: Confusion, scores: Scores, threshold: number): Confusion {
  const c = countsAt(scores, rowsOf(scores) - 1, threshold);
  const counts = [c.trueNegative, c.falsePositive, c.falseNegative, c.truePositive];
  return { ...confusion, counts: Uint32Array.from(counts), before: null };
}
