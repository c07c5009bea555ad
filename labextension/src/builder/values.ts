/** Formats values of arguments as text of a field and as Python source, and compares them. */

import type { FieldKind, ObjectValue, Shape, Value } from "./protocol";

export function isObject(value: Value | undefined): value is ObjectValue {
  return hasKey(value, "class_name");
}

export function isReference(
  value: Value | undefined,
): value is { reference: string; text: string } {
  return hasKey(value, "reference");
}

export function isVariable(value: Value | undefined): value is { variable: string } {
  return hasKey(value, "variable");
}

function hasKey(value: Value | undefined, key: string): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && key in value;
}

/** Return the text of a value in a field of this kind; "" for None. */
export function fieldText(value: Value | undefined, kind: FieldKind): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string" && kind !== "python") return value;
  if (Array.isArray(value) && LISTS.has(kind)) {
    const parts = value.map((part) => (typeof part === "string" ? part : pythonText(part)));
    // A tuple of one must not look like a number.
    return parts.length === 1 && kind === "shape" ? `${parts[0]},` : parts.join(", ");
  }
  return pythonText(value);
}

const LISTS: ReadonlySet<FieldKind> = new Set(["ints", "numbers", "shape", "texts"]);

/** Return a value as Python source, in short. */
export function pythonText(value: Value | undefined): string {
  if (value === undefined || value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return pythonNumber(value);
  if (typeof value === "string") return pythonString(value);
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  if ("class_name" in value) {
    const inner = Object.entries(value.arguments).map(([name, v]) => `${name}=${pythonText(v)}`);
    return `${className(value.class_name)}(${inner.join(", ")})`;
  }
  if ("reference" in value) return value.text;
  if ("variable" in value) return value.variable;
  if ("number" in value) return NUMBERS[value.number] ?? value.number;
  const pairs = Object.entries(value.mapping).map(
    ([key, v]) => `${pythonString(key)}: ${pythonText(v)}`,
  );
  return `{${pairs.join(", ")}}`;
}

const NUMBERS: Record<string, string> = { NaN: "nan", Infinity: "inf", "-Infinity": "-inf" };

function pythonNumber(value: number): string {
  // JavaScript uses exponents from 1e21 and 1e-7 on, Python from 1e16 and 1e-4 on.
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) return value.toExponential();
  return String(value);
}

function pythonString(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** Return "Dense" for "keras.layers.Dense" and for "my_package>Dense". */
export function className(key: string): string {
  return key.slice(Math.max(key.lastIndexOf("."), key.lastIndexOf(">")) + 1);
}

/** Return a choice as a label: relu, None, 0.5. */
export function choiceText(value: Value | undefined): string {
  return typeof value === "string" ? value : pythonText(value);
}

export function equalValues(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Return a shape as a Python tuple: (None, 28, 28, 1). */
export function shapeText(shape: Shape | null): string {
  if (!shape) return "?";
  const parts = shape.map((size) => (size === null ? "None" : String(size)));
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(", ")})`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Return a size in memory: 512 B, 1.5 kB, 397.5 kB. */
export function bytesText(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${Number(size.toFixed(unit === 0 ? 0 : 1))} ${UNITS[unit]}`;
}
