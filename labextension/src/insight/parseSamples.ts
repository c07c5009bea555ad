/** Parses samples: what they are, what was predicted, and what they look like. */

import { Fields, ProtocolError, shorten } from "../shared/fields";
import { parseText } from "../shared/parseText";
import {
  type Box,
  type Explanation,
  LOOKS,
  type Looks,
  METHODS,
  type Sample,
  type SampleDetails,
  type SamplesPart,
} from "./protocol";

const MAX_SAMPLES = 100;
const MAX_CELLS = 200;
const MAX_LINES = 16;
const MAX_BOXES = 300;
const MAX_TOP = 10;
const MAX_HISTORY = 10_000;
const MAX_SHARES = 4000;
/** What the sound of a minute at 48 kHz has; a chart of it is drawn of fewer. */
const MAX_VALUES = 3_000_000;

/** Parse the answer to `show_samples`. */
export function parseSamplesPart(value: unknown): SamplesPart {
  const fields = new Fields(value, "samples");
  const maybe = (name: string) => fields.nullable(name, () => fields.integer(name));
  return {
    output: fields.string("output"),
    epoch: fields.integer("epoch"),
    true: maybe("true"),
    predicted: maybe("predicted"),
    count: fields.integer("count"),
    samples: parseSamples(fields, "samples"),
  };
}

/** Parse the answer to `show_sample` and `explain`. */
export function parseSampleDetails(value: unknown): SampleDetails {
  const fields = new Fields(value, "sample");
  return {
    sample: parseSample(fields.fields("sample")),
    top: fields.items(
      "top",
      (entry, path) => {
        const pair = parseTuple(entry, path, "name", "probability");
        return [pair.label("name"), pair.wireNumber("probability")];
      },
      { first: MAX_TOP },
    ),
    history: fields.items(
      "history",
      (entry, path) => {
        const row = parseTuple(entry, path, "epoch", "predicted", "loss");
        return [row.integer("epoch"), row.label("predicted"), row.wireNumber("loss")];
      },
      { last: MAX_HISTORY },
    ),
    explanation:
      fields.value("explanation") == null ? null : parseExplanation(fields.fields("explanation")),
  };
}

export function parseSamples(fields: Fields, name: string): Sample[] {
  return fields.list(name, parseSample, { first: MAX_SAMPLES });
}

function parseSample(fields: Fields): Sample {
  return {
    key: fields.string("key"),
    index: fields.nullable("index", () => fields.integer("index")),
    code: fields.label("code"),
    true: fields.label("true"),
    predicted: fields.label("predicted"),
    right: fields.nullable("right", () => fields.boolean("right")),
    probability: fields.nullable("probability", () => fields.wireNumber("probability")),
    loss: fields.wireNumber("loss"),
    looks: fields.nullable("looks", () => parseLooks(fields.fields("looks"))),
  };
}

function parseLooks(fields: Fields): Looks {
  const looks: Looks = { kind: fields.oneOf("kind", LOOKS) };
  for (const name of ["picture", "true_picture", "predicted_picture"] as const) {
    if (fields.has(name)) looks[name] = fields.string(name);
  }
  if (fields.has("text")) looks.text = shorten(fields.string("text"), 20_000);
  for (const name of ["series", "true_series", "predicted_series"] as const) {
    if (fields.has(name)) {
      const rows = fields.wireRows(name).slice(0, MAX_LINES);
      looks[name] = rows.map((row) => row.slice(0, MAX_VALUES));
    }
  }
  if (fields.has("row")) {
    const cells = fields.items("row", parseCell, { first: MAX_CELLS });
    looks.row = cells;
    if (fields.has("row_count")) looks.row_count = fields.integer("row_count");
  }
  if (fields.has("sample_rate")) looks.sample_rate = fields.finite("sample_rate");
  for (const name of ["true_boxes", "predicted_boxes"] as const) {
    if (fields.has(name)) looks[name] = fields.items(name, parseBox, { first: MAX_BOXES });
  }
  return looks;
}

function parseCell(value: unknown, path: string): [string, string, boolean] {
  const cell = parseTuple(value, path, "name", "value", "unusual");
  return [cell.label("name"), cell.label("value"), cell.boolean("unusual")];
}

function parseBox(value: unknown, path: string): Box {
  const names = ["left", "top", "right", "bottom", "name", "score"];
  const box = parseTuple(value, path, ...names);
  return {
    left: box.finite("left"),
    top: box.finite("top"),
    right: box.finite("right"),
    bottom: box.finite("bottom"),
    name: box.label("name"),
    score: box.nullable("score", () => box.finite("score")),
  };
}

function parseExplanation(fields: Fields): Explanation {
  return {
    method: fields.oneOf("method", METHODS),
    text: parseText(fields.fields("text")),
    picture: fields.value("picture") == null ? null : fields.string("picture"),
    shares:
      fields.value("shares") == null ? null : fields.wireNumbers("shares").slice(0, MAX_SHARES),
  };
}

/** Return the items of a list as fields with these names. */
function parseTuple(value: unknown, path: string, ...names: string[]): Fields {
  if (!Array.isArray(value)) throw new ProtocolError(path, `a list of ${names.length}`, value);
  return new Fields(Object.fromEntries(names.map((name, i) => [name, value[i]])), path);
}
