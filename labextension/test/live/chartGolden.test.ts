/** Compares what charts show with what Python works out for the saved picture. */

import { describe, expect, test } from "vitest";
import golden from "../../../tests/golden/charts.json";
import { placeMarkLabels } from "../../src/live/chart/markLabels";
import { type FitValues, paddedRange, yBounds } from "../../src/live/chart/ranges";
import { equalSpans } from "../../src/live/chart/spans";
import { formatTick, linearTicks, logTicks } from "../../src/live/chart/ticks";

/** Read a list in which words stand for numbers that JSON does not have. */
const numbers = (values: readonly (number | string)[]) => values.map(Number);
const close = (values: readonly (number | string)[]) =>
  numbers(values).map((value) => (Number.isNaN(value) ? NaN : expect.closeTo(value, 9)));

describe("ticks", () => {
  test.each(golden.log_ticks)(
    "of a log axis: $low to $high",
    ({ low, high, wanted, ticks, text }) => {
      expect(logTicks(low, high, wanted)).toEqual(ticks);
      expect(logTicks(low, high, wanted).map(formatTick)).toEqual(text);
    },
  );

  test.each(golden.linear_ticks)("of an axis: $low to $high", ({ low, high, wanted, ticks }) => {
    expect(linearTicks(low, high, wanted)).toEqual(ticks);
  });

  test.each(golden.tick_texts)("%s is written %s", (value, text) => {
    expect(formatTick(Number(value))).toBe(text);
  });
});

test.each(golden.spans)("means of equally many batches: $name from $from", (example) => {
  const { start, end, mean, batches, width } = equalSpans(
    example.steps,
    numbers(example.values),
    example.from,
    example.to,
  );
  expect(width).toBe(example.spans.width);
  expect(start).toEqual(example.spans.start);
  expect(end).toEqual(example.spans.end);
  expect(batches).toEqual(example.spans.batches);
  expect(mean).toEqual(close(example.spans.mean));
});

test.each(golden.bounds)(
  "the y range, log $log_scale: $name",
  ({ fit, log_scale, bounds, range }) => {
    const points = (given: { epoch: number[]; y: (number | string)[] }) => ({
      epoch: given.epoch,
      y: numbers(given.y),
    });
    const values: FitValues = {
      firstEpoch: fit.first_epoch,
      curves: fit.curves.map(points),
      spans: points(fit.spans),
      always: numbers(fit.always),
      others: numbers(fit.others),
    };
    const found = yBounds([values], log_scale);
    if (!bounds || !range) {
      expect(found).toBe(null);
      return;
    }
    const { low, high, lowest, highest } = found!;
    expect([low, high, lowest, highest]).toEqual(
      close([bounds.low, bounds.high, bounds.lowest, bounds.highest]),
    );
    expect(paddedRange(low, high, log_scale)).toEqual(close(range));
  },
);

test.each(golden.mark_labels)("labels of marks at $positions", ({ positions, labels }) => {
  const placed = placeMarkLabels(positions, 0, 400).map(({ x, text }) => [x, text]);
  expect(placed).toEqual(labels);
});
