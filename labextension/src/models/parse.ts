/** Parses unknown data into the types of `protocol.ts`, or throws a ProtocolError. */

import { PROTOCOL_VERSION } from "../protocol";
import { Fields, ProtocolError } from "../shared/fields";
import {
  type Compiled,
  LAYER_KINDS,
  type LayerDetail,
  type LayerSummary,
  type ModelEntry,
  type ModelSummary,
  type RequestKind,
  type Requests,
  type Shape,
  type TrainableSet,
  type Trained,
  type WeightDetail,
} from "./protocol";

/** Thrown for a request that the kernel refused; the message is for the user. */
export class RefusedError extends Error {}

/** Parse the payload of `models`. */
export function parseModels(payload: unknown): ModelEntry[] {
  return new Fields(payload, "models").list("entries", parseEntry);
}

/** Parse the payload of an answer to a request of this kind. Throws a RefusedError when refused. */
export function parseAnswer<K extends RequestKind>(
  kind: K,
  payload: unknown,
): Requests[K]["answer"] {
  const answer = new Fields(payload, "answer");
  if (!answer.boolean("ok")) throw new RefusedError(answer.string("message"));
  const parsers: { [Kind in RequestKind]: () => Requests[Kind]["answer"] } = {
    describe: () => parseSummary(answer.value("value")),
    infer: () => parseSummary(answer.value("value")),
    detail: () => parseDetail(answer.fields("value")),
    set_trainable: () => parseTrainableSet(answer.fields("value")),
    export: () => answer.string("value"),
    refresh: () => null,
  };
  return parsers[kind]() as Requests[K]["answer"];
}

/** Unpack and parse a summary saved in a notebook. Throws if it cannot be read. */
export async function parseSavedSummary(
  data: unknown,
): Promise<{ entry: ModelEntry; summary: ModelSummary }> {
  const message = new Fields(data, "summary");
  const version = message.integer("v");
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError("summary.v", String(PROTOCOL_VERSION), version);
  }
  const packed = Uint8Array.from(atob(message.string("payload")), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const fields = new Fields(JSON.parse(await new Response(stream).text()), "summary");
  return {
    entry: parseEntry(fields.fields("entry")),
    summary: parseSummary(fields.value("summary")),
  };
}

/** Parse a model's summary. */
export function parseSummary(value: unknown): ModelSummary {
  const fields = new Fields(value, "summary");
  return {
    root: parseLayer(fields.fields("root")),
    parameters: count(fields, "parameters"),
    trainable_parameters: count(fields, "trainable_parameters"),
    weight_bytes: count(fields, "weight_bytes"),
    optimizer_parameters: count(fields, "optimizer_parameters"),
    optimizer_bytes: count(fields, "optimizer_bytes"),
    compiled: fields.nullable("compiled", () => parseCompiled(fields.fields("compiled"))),
    trained: fields.nullable("trained", () => parseTrained(fields.fields("trained"))),
    inferred_from: text(fields, "inferred_from"),
    guesses: fields.list("guesses", (guess) => ({
      shapes: guess.string("shapes"),
      source: guess.string("source"),
    })),
    notes: fields.strings("notes"),
  };
}

function parseLayer(fields: Fields): LayerSummary {
  return {
    path: fields.string("path"),
    name: fields.string("name"),
    class_name: fields.string("class_name"),
    kind: fields.oneOf("kind", LAYER_KINDS),
    built: fields.boolean("built"),
    input_shapes: shapes(fields, "input_shapes"),
    output_shapes: shapes(fields, "output_shapes"),
    parameters: count(fields, "parameters"),
    trainable_parameters: count(fields, "trainable_parameters"),
    weight_bytes: count(fields, "weight_bytes"),
    dtype: fields.string("dtype"),
    activation: text(fields, "activation"),
    trainable: fields.boolean("trainable"),
    inbound: fields.strings("inbound"),
    calls: fields.integer("calls"),
    shared_with: text(fields, "shared_with"),
    problem: text(fields, "problem"),
    children: fields.list("children", parseLayer),
  };
}

function parseEntry(fields: Fields): ModelEntry {
  return {
    key: fields.string("key"),
    names: fields.strings("names"),
    name: fields.string("name"),
    class_name: fields.string("class_name"),
    built: fields.boolean("built"),
    parameters: count(fields, "parameters"),
    weight_bytes: count(fields, "weight_bytes"),
    num_layers: fields.integer("num_layers"),
    compiled: fields.nullable("compiled", () => parseCompiled(fields.fields("compiled"))),
    trained: fields.nullable("trained", () => parseTrained(fields.fields("trained"))),
    run_id: text(fields, "run_id"),
    revision: fields.string("revision"),
    error: text(fields, "error"),
  };
}

function parseCompiled(fields: Fields): Compiled {
  return {
    optimizer: fields.string("optimizer"),
    loss: fields.string("loss"),
    metrics: fields.strings("metrics"),
  };
}

function parseTrained(fields: Fields): Trained {
  return {
    steps: fields.integer("steps"),
    epochs: count(fields, "epochs"),
    seconds: fields.nullable("seconds", () => fields.finite("seconds")),
  };
}

function parseDetail(fields: Fields): LayerDetail {
  return {
    path: fields.string("path"),
    name: fields.string("name"),
    class_name: fields.string("class_name"),
    module: fields.string("module"),
    config: text(fields, "config"),
    config_problem: text(fields, "config_problem"),
    weights: fields.list("weights", parseWeight),
    trainable: fields.boolean("trainable"),
    trainable_code: fields.string("trainable_code"),
    when: fields.string("when"),
  };
}

function parseWeight(fields: Fields): WeightDetail {
  return {
    name: fields.string("name"),
    shape: fields.numbers("shape"),
    dtype: fields.string("dtype"),
    parameters: fields.integer("parameters"),
    trainable: fields.boolean("trainable"),
    nan: fields.integer("nan"),
    infinite: fields.integer("infinite"),
    zero: fields.integer("zero"),
    looked_at: fields.integer("looked_at"),
    minimum: number(fields, "minimum"),
    maximum: number(fields, "maximum"),
    mean: number(fields, "mean"),
    standard_deviation: number(fields, "standard_deviation"),
    histogram: fields.nullable("histogram", () => {
      const histogram = fields.fields("histogram");
      return { edges: histogram.numbers("edges"), counts: histogram.numbers("counts") };
    }),
    units: count(fields, "units"),
    dead_units: count(fields, "dead_units"),
    problem: text(fields, "problem"),
  };
}

function parseTrainableSet(fields: Fields): TrainableSet {
  return {
    trainable: fields.boolean("trainable"),
    code: fields.string("code"),
    note: fields.string("note"),
  };
}

function shapes(fields: Fields, name: string): Shape[] | null {
  const value = fields.value(name);
  if (value === null) return null;
  if (!Array.isArray(value)) throw new ProtocolError(fields.at(name), "a list of shapes", value);
  for (const shape of value) {
    const sizes = Array.isArray(shape) ? shape : [undefined];
    if (!sizes.every((size) => size === null || Number.isInteger(size))) {
      throw new ProtocolError(fields.at(name), "shapes: lists of whole numbers and null", shape);
    }
  }
  return value as Shape[];
}

function count(fields: Fields, name: string): number | null {
  return fields.nullable(name, () => fields.integer(name));
}

function number(fields: Fields, name: string): number | null {
  return fields.nullable(name, () => fields.finite(name));
}

function text(fields: Fields, name: string): string | null {
  return fields.nullable(name, () => fields.string(name));
}
