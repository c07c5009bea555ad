/** Tests of values as text and as Python source. */

import { expect, test } from "vitest";
import type { FieldKind, Value } from "../../src/builder/protocol";
import { bytesText, fieldText, pythonText, shapeText } from "../../src/builder/values";

test.each<[Value, string]>([
  [null, "None"],
  [true, "True"],
  ["it's", `"it's"`],
  ["a'b\"c", "'a\\'b\"c'"],
  [0.00001, "1e-5"],
  [[1, [2, null]], "[1, [2, None]]"],
  [{ class_name: "keras.regularizers.L2", arguments: { l2: 0.1 } }, "L2(l2=0.1)"],
  [{ class_name: "mine>Block", arguments: {} }, "Block()"],
  [{ reference: "1", text: "<function f>" }, "<function f>"],
  [{ variable: "x_train" }, "x_train"],
  [{ number: "-Infinity" }, "-inf"],
  [{ mapping: { a: 1 } }, "{'a': 1}"],
])("%j is %s in Python", (value, text) => {
  expect(pythonText(value)).toBe(text);
});

test.each<[FieldKind, Value | undefined, string]>([
  ["int", 128, "128"],
  ["text", "relu", "relu"],
  ["python", "relu", "'relu'"],
  ["ints", [3, 3], "3, 3"],
  ["ints", 3, "3"],
  ["shape", [28, 28, null], "28, 28, None"],
  ["shape", [4], "4,"],
  ["texts", ["a", "b"], "a, b"],
  ["float", { number: "NaN" }, "nan"],
  ["int", null, ""],
  ["int", undefined, ""],
])("a field of kind %s shows %j as “%s”", (kind, value, text) => {
  expect(fieldText(value, kind)).toBe(text);
});

test("shapes are Python's tuples", () => {
  expect(shapeText([null, 28, 28, 1])).toBe("(None, 28, 28, 1)");
  expect(shapeText([null])).toBe("(None,)");
  expect(shapeText([])).toBe("()");
  expect(shapeText(null)).toBe("?");
});

test.each([
  [0, "0 B"],
  [512, "512 B"],
  [1023, "1 kB"],
  [1536, "1.5 kB"],
  [407_080, "397.5 kB"],
  [5.5 * 2 ** 20, "5.5 MB"],
  [3 * 2 ** 30, "3 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
