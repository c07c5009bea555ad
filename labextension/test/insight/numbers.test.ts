/** Tests of the numbers that the tabs compute: matrix, threshold, order of classes, curves. */

import { expect, test } from "vitest";
import { columnsOf, firstSorting, sortClasses } from "../../src/insight/classRows";
import {
  formatChange,
  formatCompact,
  formatEpochFigure,
  formatShare,
  sampleName,
} from "../../src/insight/labels";
import {
  type Cell,
  cellAfterKey,
  cellName,
  cellText,
  type Matrix,
  strengthOf,
} from "../../src/insight/matrix";
import { parsePredictions } from "../../src/insight/parse";
import { areaUnder, calibrationError } from "../../src/insight/rates";
import { countsAt, matrixAt, tableAt } from "../../src/insight/threshold";
import { linePath, mergeBins, rangeOf, thinOut, ticksOf } from "../../src/shared/drawing";
import { formatCount, formatShort } from "../../src/shared/format";
import { sample, TASKS } from "./fixture";

const matrix: Matrix = {
  size: 3,
  counts: Uint32Array.from([90, 1, 9, 0, 0, 0, 4, 0, 36]),
  before: Uint32Array.from([80, 4, 16, 0, 0, 0, 4, 0, 36]),
};
const at = (row: number, column: number): Cell => ({ true: row, predicted: column });
const name = (index: number) => ["cat", "dog", "owl"][index]!;

test("a cell shows its count, its share of the row, or its change", () => {
  expect(cellText(matrix, at(0, 2), "counts")).toBe("9");
  expect(cellText(matrix, at(0, 2), "shares")).toBe("9.0");
  expect(cellText(matrix, at(0, 2), "change")).toBe("−7");
  expect(cellText(matrix, at(0, 0), "change")).toBe("+10");
});

test("no errors are no number; the diagonal always has one, unless the class is missing", () => {
  expect(cellText(matrix, at(2, 1), "counts")).toBe("");
  expect(cellText(matrix, at(1, 1), "counts")).toBe("0");
  expect(cellText(matrix, at(1, 1), "shares")).toBe("");
  expect(cellText(matrix, at(2, 2), "change")).toBe("");
});

test("a cell's name has the count, the total and the share", () => {
  expect(cellName(matrix, at(0, 2), "counts", name)).toBe(
    "true cat, predicted owl: 9 of 100, 9.0 %",
  );
  expect(cellName(matrix, at(0, 2), "change", name)).toMatch(/, −7 since the last epoch$/);
});

test("errors are on a square-root scale up to the largest", () => {
  expect(strengthOf(matrix, "counts")(at(0, 2))).toBe(1);
  expect(strengthOf(matrix, "counts")(at(0, 1))).toBeCloseTo(1 / 3);
  expect(strengthOf(matrix, "counts")(at(0, 0))).toBeCloseTo(0.9);
  expect(strengthOf(matrix, "shares")(at(1, 1))).toBe(0);
});

test.each([
  ["ArrowRight", false, at(1, 2)],
  ["ArrowUp", false, at(0, 1)],
  ["Home", false, at(1, 0)],
  ["End", false, at(1, 2)],
  ["Home", true, at(0, 0)],
  ["End", true, at(2, 2)],
  ["x", false, null],
] as const)("%s (Control: %s) moves from the middle to %j", (key, control, expected) => {
  expect(cellAfterKey(at(1, 1), 3, key, control)).toEqual(expected);
});

const binary = parsePredictions(TASKS.binary!()).details!;

test("a threshold counts the samples of all bins from it on", () => {
  const scores = {
    bins: 4,
    positive: Uint32Array.from([1, 2, 3, 4]),
    negative: Uint32Array.from([40, 30, 20, 10]),
    threshold: 0.5,
  };
  expect(countsAt(scores, 0, 0.5)).toEqual({
    truePositive: 7,
    falsePositive: 30,
    falseNegative: 3,
    trueNegative: 70,
  });
  const table = tableAt({ ...binary.classes!, scores }, 0.75);
  // One row of scores is of the second of two classes.
  expect(table.support).toEqual([100, 10]);
  expect(table.recall[1]).toBeCloseTo(0.4);
  expect(table.recall[0]).toBeCloseTo(0.9);
  expect([...matrixAt(binary.confusion!, scores, 0.75).counts!]).toEqual([90, 10, 6, 4]);
});

const classes = parsePredictions(TASKS.names!()).details!.classes!;

test("classes come worst first, and those without a value last", () => {
  const table = { ...classes, recall: [0.5, NaN, 0.2, ...classes.recall.slice(3)] };
  const order = sortClasses(table, firstSorting(table));
  expect([order[0], order[1], order.at(-1)]).toEqual([2, 0, 1]);
  const descending = sortClasses(table, { column: "recall", descending: true });
  expect(descending.at(-1)).toBe(1);
});

test("names are sorted as text, numbers as numbers", () => {
  const byName = sortClasses(classes, { column: "name", descending: false });
  expect(classes.names[byName[0]!]).toBe("Ankle boot");
  const digits = parsePredictions(TASKS.many!()).details!.classes!;
  expect(sortClasses(digits, { column: "name", descending: false })[10]).toBe(10);
});

test("IoU takes the place of F1 where there is one", () => {
  expect(columnsOf(classes)).toContain("f1");
  expect(columnsOf({ ...classes, iou: classes.recall })).not.toContain("f1");
});

test("areas and calibration", () => {
  expect(
    areaUnder([
      [0, 0],
      [0.5, 1],
      [1, 1],
    ]),
  ).toBe(0.75);
  expect(
    calibrationError([
      [0.9, 0.8, 30],
      [0.5, 0.5, 10],
      [NaN, NaN, 0],
    ]),
  ).toBeCloseTo(0.075);
});

test("lines skip NaN, keep their peaks when thinned, and have round ticks", () => {
  expect(
    linePath(
      [1, NaN, 2, 3],
      (i) => i,
      (value) => value,
    ),
  ).toBe("M0 1M2 2L3 3");
  const long = Array.from({ length: 10_000 }, (_, i) => (i === 7777 ? 50 : Math.sin(i)));
  expect(Math.max(...thinOut(long, 200))).toBe(50);
  expect(rangeOf([NaN])).toEqual([0, 1]);
  expect(rangeOf([3, 3])).toEqual([2.5, 3.5]);
  expect(ticksOf([0, 1])).toEqual([0, 0.5, 1]);
});

test("a histogram of few samples has few bins, and all of its samples", () => {
  const counts = Array.from({ length: 64 }, (_, i) => i % 3);
  const merged = mergeBins(counts);
  expect(merged).toHaveLength(8);
  expect(merged.reduce((sum, count) => sum + count)).toBe(63);
  expect(mergeBins(counts.map((count) => 10 * count))).toHaveLength(16);
  expect(mergeBins(counts.map((count) => 1000 * count))).toHaveLength(64);
  expect(mergeBins([])).toEqual([]);
});

test("numbers as text", () => {
  expect([0.98, 0.023, 1, 0, NaN].map(formatShare)).toEqual(["98 %", "2.3 %", "100 %", "0 %", "–"]);
  expect([7.12, 0.0213, -384.24, 1234567, 1.2e-7, NaN].map(formatShort)).toEqual([
    "7.1",
    "0.021",
    "−384.2",
    "1,234,567",
    "1.2e-7",
    "NaN",
  ]);
  expect(formatChange(-3, formatCount)).toBe("−3");
  expect([980, 1200, 22_176, 1_234_567].map(formatCompact)).toEqual(["980", "1.2k", "22k", "1.2M"]);
  expect([0.934, -0.532, 0.0131, 2.31, NaN].map(formatEpochFigure)).toEqual([
    "0.934",
    "−0.532",
    "0.013",
    "2.310",
    "NaN",
  ]);
  const pixels = { true: "", predicted: "90 % of pixels right", probability: null };
  expect(sampleName({ ...sample(21), ...pixels, looks: null })).toBe(
    "Sample 2,135: 90 % of pixels right, loss 5",
  );
  expect(sampleName({ ...sample(21), looks: null })).toBe(
    "Sample 2,135: predicted 9 with 98 %, true 4, loss 5",
  );
});
