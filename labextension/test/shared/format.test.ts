/** Tests of formatted numbers, durations and speeds, and of the learning rate field. */

import { expect, test } from "vitest";
import { readLearningRate, stepLearningRate } from "../../src/live/learningRate";
import {
  formatCount,
  formatDuration,
  formatLearningRate,
  formatSpeed,
  formatValue,
} from "../../src/shared/format";

test.each([
  [0.98614, "0.9861"],
  [0.5, "0.5000"],
  [12.345, "12.35"],
  [9999.4, "9999"],
  [12345.6, "12,346"],
  [1.2345e-5, "1.234e-5"],
  [4.5e9, "4.500e+9"],
  [-0.25, "−0.2500"],
  [0, "0.000"],
  [NaN, "NaN"],
  [Infinity, "∞"],
  [-Infinity, "−∞"],
])("value %d is %s", (value, text) => {
  expect(formatValue(value)).toBe(text);
});

test.each([
  [0, "0:00"],
  [12.4, "0:12"],
  [59.6, "1:00"],
  [3725, "1:02:05"],
  [-3, "0:00"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [412.3, "412 steps/s"],
  [23456, "23,456 steps/s"],
  [3.21, "3.2 steps/s"],
  [0.998, "1.0 steps/s"],
  [0.08, "13 s/step"],
  [0.4, "2.5 s/step"],
  [0, ""],
])("%d steps a second are %s", (speed, text) => {
  expect(formatSpeed(speed)).toBe(text);
});

test("counts are grouped", () => {
  expect(formatCount(1234567)).toBe("1,234,567");
});

test("learning rates lose float32 noise", () => {
  expect(formatLearningRate(Math.fround(0.001))).toBe("0.001");
  expect(formatLearningRate(Math.fround(3e-7))).toBe("3e-7");
  expect(formatLearningRate(1e9)).toBe("1e+9");
  expect(formatLearningRate(NaN)).toBe("NaN");
});

test.each(["0.001", " 1e-3 ", ".5", "2"])("%s is a learning rate", (text) => {
  expect(readLearningRate(text)).toEqual({ ok: true, value: Number(text) });
});

test.each(["abc", "", "0", "-1", "1e999", "NaN", "1,5"])("“%s” is refused", (text) => {
  expect(readLearningRate(text)).toEqual({
    ok: false,
    reason: "Enter a number above 0, such as 0.001.",
  });
});

test("arrow keys step along 1, 2, 5", () => {
  const up = [0.001, 0.002, 0.005, 0.01, 0.02];
  for (let i = 0; i + 1 < up.length; i++) {
    expect(stepLearningRate(up[i]!, 1)).toBe(up[i + 1]);
    expect(stepLearningRate(up[i + 1]!, -1)).toBe(up[i]);
  }
  expect(stepLearningRate(0.0013, 1)).toBe(0.002);
  expect(stepLearningRate(0.0013, -1)).toBe(0.001);
  expect(stepLearningRate(Math.fround(0.001), 1)).toBe(0.002);
  expect(stepLearningRate(NaN, 1)).toBe(0.001);
});
