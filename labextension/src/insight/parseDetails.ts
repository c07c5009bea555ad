/** Parses what the open Predictions tab shows besides the figures. */

import { decodeBase64 } from "../shared/base64";
import { type Fields, ProtocolError } from "../shared/fields";
import { parseText } from "../shared/parseText";
import { parseSamples } from "./parseSamples";
import type {
  ClassCurves,
  ClassesTable,
  Confusion,
  Details,
  Pair,
  Regression,
  Scores,
} from "./protocol";

const MAX_CLASSES = 1000;
const MAX_MATRIX = 30;
const MAX_PAIRS = 200;
const MAX_POINTS = 2000;
const MAX_BINS = 100;

export function parseDetails(fields: Fields): Details {
  const maybe = <T>(name: string, parse: (fields: Fields) => T): T | null =>
    fields.value(name) == null ? null : parse(fields.fields(name));
  return {
    classes: maybe("classes", parseClasses),
    confusion: maybe("confusion", parseConfusion),
    curves: maybe("curves", parseCurves),
    regression: maybe("regression", parseRegression),
    mistakes: parseSamples(fields, "mistakes"),
    mistake_count: fields.integer("mistake_count"),
    watched: parseSamples(fields, "watched"),
  };
}

function parseClasses(fields: Fields): ClassesTable {
  const names = fields.strings("names").slice(0, MAX_CLASSES);
  const column = (name: string) => {
    const values = fields.wireNumbers(name);
    if (values.length < names.length) {
      throw new ProtocolError(fields.at(name), `${names.length} numbers`, values);
    }
    return values;
  };
  return {
    names,
    names_from: fields.nullable("names_from", () => parseText(fields.fields("names_from"))),
    support: column("support"),
    predicted: column("predicted"),
    precision: column("precision"),
    recall: column("recall"),
    f1: column("f1"),
    iou: fields.value("iou") == null ? null : column("iou"),
    history_of: fields.oneOf("history_of", ["recall", "iou", "f1"] as const),
    history: fields.wireRows("history").slice(0, MAX_CLASSES),
    scores: fields.value("scores") == null ? null : parseScores(fields.fields("scores")),
  };
}

function parseScores(fields: Fields): Scores {
  const bins = fields.integer("bins");
  const positive = parseU32(fields, "positive_u32");
  const negative = parseU32(fields, "negative_u32");
  if (!bins || positive.length % bins || positive.length !== negative.length) {
    throw new ProtocolError(fields.at("positive_u32"), `${bins} bins a class`, positive.length);
  }
  return { bins, positive, negative, threshold: fields.finite("threshold") };
}

function parseConfusion(fields: Fields): Confusion {
  const classes = fields.integer("classes");
  const counts = (name: string) => {
    if (classes > MAX_MATRIX || fields.value(name) == null) return null;
    return parseU32(fields, name, classes * classes);
  };
  return {
    classes,
    counts: counts("counts_u32"),
    before: counts("before_u32"),
    pairs: fields.list("pairs", parsePair, { first: MAX_PAIRS }),
  };
}

function parsePair(fields: Fields): Pair {
  return {
    true: fields.integer("true"),
    predicted: fields.integer("predicted"),
    count: fields.integer("count"),
  };
}

function parseCurves(fields: Fields): ClassCurves {
  const rows = (name: string) => fields.wireRows(name).slice(0, MAX_POINTS);
  return {
    reliability: rows("reliability").map(([mean = NaN, right = NaN, count = 0]) => [
      mean,
      right,
      count,
    ]),
    roc: rows("roc").map(([x = NaN, y = NaN]) => [x, y]),
    precision_recall: rows("precision_recall").map(([x = NaN, y = NaN]) => [x, y]),
  };
}

function parseRegression(fields: Fields): Regression {
  const truth = parseF32(fields, "true_f32");
  const predicted = parseF32(fields, "predicted_f32");
  if (truth.length !== predicted.length) {
    throw new ProtocolError(
      fields.at("predicted_f32"),
      `${truth.length} numbers`,
      predicted.length,
    );
  }
  return {
    columns: fields.strings("columns").slice(0, MAX_CLASSES),
    column: fields.integer("column"),
    true: truth.subarray(0, MAX_POINTS),
    predicted: predicted.subarray(0, MAX_POINTS),
    residual_low: fields.wireNumber("residual_low"),
    residual_high: fields.wireNumber("residual_high"),
    residual_counts: fields.numbers("residual_counts").slice(0, MAX_BINS),
  };
}

function parseU32(fields: Fields, name: string, length?: number): Uint32Array {
  const values = readNumbers(fields, name, (bytes, i) => bytes.getUint32(4 * i, true));
  if (length !== undefined && values.length !== length) {
    throw new ProtocolError(fields.at(name), `${length} numbers`, values.length);
  }
  return Uint32Array.from(values);
}

function parseF32(fields: Fields, name: string): Float32Array {
  return Float32Array.from(readNumbers(fields, name, (bytes, i) => bytes.getFloat32(4 * i, true)));
}

/** Read little-endian numbers of four bytes. */
function readNumbers(
  fields: Fields,
  name: string,
  read: (bytes: DataView, i: number) => number,
): number[] {
  const path = fields.at(name);
  const bytes = decodeBase64(fields.string(name), path);
  if (bytes.byteLength % 4) throw new ProtocolError(path, "4 bytes a number", bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => read(bytes, i));
}
