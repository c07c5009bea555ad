/** Parses the parts that the kernel sends, or throws a ProtocolError. */

import { decodeBase64 } from "../shared/base64";
import { Fields, ProtocolError } from "../shared/fields";
import { parseText } from "../shared/parseText";
import type { Message } from "../shared/translation";
import { parseDetails } from "./parseDetails";
import { parseSamples } from "./parseSamples";
import {
  type DataPart,
  type Finding,
  type LayerReading,
  type LayersPart,
  LEVELS,
  MEASURE_STATES,
  type PredictionsPart,
  SOURCES,
  STATES,
  type State,
  TASKS,
  type ValueRange,
} from "./protocol";

/** What a page can show of a part that holds any number of things. */
const MAX_LAYERS = 2000;
const MAX_FINDINGS = 100;
const MAX_ROWS = 100;
const MAX_CLASSES = 1000;
const MAX_FIGURES = 20;
const MAX_EPOCHS = 10_000;
const BINS = 64;
const MAX_HISTOGRAMS = 30;

export function parsePredictions(value: unknown): PredictionsPart {
  const fields = new Fields(value, "predictions");
  return {
    ...parseState(fields),
    source: fields.oneOf("source", SOURCES),
    outputs: fields.strings("outputs"),
    output: fields.string("output"),
    task: fields.oneOf("task", TASKS),
    tasks: fields.strings("tasks").flatMap((name) => TASKS.filter((task) => task === name)),
    task_note: parseMaybeText(fields, "task_note"),
    epochs: fields.numbers("epochs").slice(-MAX_EPOCHS),
    epoch: fields.integer("epoch"),
    last_epoch: fields.integer("last_epoch"),
    samples: fields.integer("samples"),
    figures: fields.list(
      "figures",
      (figure) => ({
        name: figure.label("name"),
        value: figure.wireNumber("value"),
        change: figure.nullable("change", () => figure.wireNumber("change")),
        direction: figure.oneOf("direction", ["min", "max"] as const),
      }),
      { first: MAX_FIGURES },
    ),
    details: fields.nullable("details", () => parseDetails(fields.fields("details"))),
  };
}

export function parseLayers(value: unknown): LayersPart {
  const fields = new Fields(value, "layers");
  return {
    ...parseState(fields),
    step: fields.integer("step"),
    findings: fields.list("findings", parseFinding, { first: MAX_FINDINGS }),
    layers: fields.list("layers", parseLayer, { first: MAX_LAYERS }),
    measure: fields.oneOf("measure", MEASURE_STATES),
    measure_reason: parseMaybeText(fields, "measure_reason"),
  };
}

export function parseData(value: unknown): DataPart {
  const fields = new Fields(value, "data");
  return {
    ...parseState(fields),
    part_of: parseMaybeText(fields, "part_of"),
    findings: fields.list("findings", parseFinding, { first: MAX_FINDINGS }),
    dismissed: fields.integer("dismissed"),
    balance: fields.nullable("balance", () => {
      const balance = fields.fields("balance");
      return {
        names: balance.strings("names").slice(0, MAX_CLASSES),
        training: balance.numbers("training").slice(0, MAX_CLASSES),
        validation: balance.nullable("validation", () =>
          balance.numbers("validation").slice(0, MAX_CLASSES),
        ),
      };
    }),
    inputs: fields.list("inputs", parseRange, { first: MAX_ROWS }),
    samples: parseSamples(fields, "samples"),
  };
}

function parseState(fields: Fields): { state: State; reason: Message | null } {
  return { state: fields.oneOf("state", STATES), reason: parseMaybeText(fields, "reason") };
}

function parseMaybeText(fields: Fields, name: string): Message | null {
  return fields.nullable(name, () => parseText(fields.fields(name)));
}

function parseFinding(fields: Fields): Finding {
  return {
    id: fields.string("id"),
    level: fields.oneOf("level", LEVELS),
    title: fields.label("title"),
    text: fields.label("text"),
    where: fields.label("where"),
    code: fields.label("code"),
    rows: fields.numbers("rows").slice(0, MAX_ROWS),
    row_count: fields.integer("row_count"),
  };
}

function parseLayer(fields: Fields): LayerReading {
  const maybe = (name: string) => fields.nullable(name, () => fields.wireNumber(name));
  return {
    name: fields.label("name"),
    class_name: fields.label("class_name"),
    size: fields.integer("size"),
    sampled: fields.integer("sampled"),
    norm: fields.wireNumber("norm"),
    norm_history: fields.wireNumbers("norm_history"),
    update: maybe("update"),
    gradient: maybe("gradient"),
    zeros: fields.wireNumber("zeros"),
    low: fields.wireNumber("low"),
    high: fields.wireNumber("high"),
    histograms: parseHistograms(fields),
    measured: fields.has("measured")
      ? fields.nullable("measured", () => {
          const measured = fields.fields("measured");
          return {
            gradient: measured.nullable("gradient", () => measured.wireNumber("gradient")),
            mean: measured.wireNumber("mean"),
            deviation: measured.wireNumber("deviation"),
            zeros: measured.wireNumber("zeros"),
            dead: measured.wireNumber("dead"),
          };
        })
      : null,
  };
}

function parseHistograms(fields: Fields): Uint8Array[] {
  const path = fields.at("histograms_u8");
  const { buffer, byteLength } = decodeBase64(fields.string("histograms_u8"), path);
  if (byteLength % BINS) throw new ProtocolError(path, `${BINS} bins each`, byteLength);
  const first = Math.max(0, byteLength / BINS - MAX_HISTOGRAMS);
  return Array.from(
    { length: byteLength / BINS - first },
    (_, i) => new Uint8Array(buffer, (first + i) * BINS, BINS),
  );
}

function parseRange(fields: Fields): ValueRange {
  return {
    name: fields.label("name"),
    shape: fields.items("shape", (size) => (typeof size === "number" ? size : null), { first: 20 }),
    dtype: fields.label("dtype"),
    split: fields.oneOf("split", ["training", "validation"] as const),
    low: fields.wireNumber("low"),
    high: fields.wireNumber("high"),
    mean: fields.wireNumber("mean"),
    deviation: fields.wireNumber("deviation"),
    nan: fields.integer("nan"),
    infinite: fields.integer("infinite"),
  };
}
