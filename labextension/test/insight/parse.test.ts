/** Tests of what parsing refuses, and what it leaves out of messages that hold too much. */

import { expect, test } from "vitest";
import { parseData, parseLayers, parsePredictions } from "../../src/insight/parse";
import { classesTable, confusion, data, details, layers, predictions, sample } from "./fixture";

const withDetails = (change: object) => predictions({ details: details(change as never) });

test.each([
  ["an unknown state", predictions({ state: "done" }), /state: expected one of/],
  ["an unknown task", predictions({ task: "music" }), /task: expected one of/],
  [
    "a matrix of another size",
    withDetails({ confusion: confusion(3, { classes: 4 }) }),
    /counts_u32: expected 16 numbers/,
  ],
  [
    "a column that is too short",
    withDetails({ classes: classesTable(["a", "b"], { recall: [1] }) }),
    /recall: expected 2 numbers/,
  ],
  [
    "a sample that looks like nothing known",
    withDetails({ mistakes: [sample(0, { looks: { kind: "smell" } })] }),
    /looks.kind: expected one of/,
  ],
  [
    "what is not base64",
    withDetails({ confusion: confusion(3, { counts_u32: "…" }) }),
    /counts_u32: expected base64/,
  ],
])("%s is refused", (_, value, message) => {
  expect(() => parsePredictions(value)).toThrow(message);
});

test("a task that this version does not know cannot be chosen", () => {
  const part = parsePredictions(predictions({ tasks: ["music", "regression"] }));
  expect(part.tasks).toEqual(["regression"]);
});

test("more than a page can show is left out", () => {
  const many = withDetails({ mistakes: Array.from({ length: 500 }, (_, i) => sample(i)) });
  expect(parsePredictions(many).details!.mistakes).toHaveLength(100);
  const part = layers();
  part.layers = Array.from({ length: 5000 }, () => part.layers[0]!);
  expect(parseLayers(part).layers).toHaveLength(2000);
});

test("histograms that are no multiple of 64 bins are refused", () => {
  const part = layers();
  part.layers[0]!.histograms_u8 = btoa("12345");
  expect(() => parseLayers(part)).toThrow(/histograms_u8: expected 64 bins each/);
});

test("data without classes have no balance", () => {
  expect(parseData(data({ balance: null })).balance).toBeNull();
});
