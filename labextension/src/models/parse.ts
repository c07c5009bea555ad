/** Parses unknown data into the types of `protocol.ts`, or throws a ProtocolError. */

import { Fields, ProtocolError, shorten } from "../shared/fields";
import { t } from "../shared/translation";
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

export interface Models {
  entries: ModelEntry[];
  /** Variables with so many entries that only some of them were searched. */
  searchedInPart: string[];
}

/** Parse the payload of `models`. */
export function parseModels(payload: unknown): Models {
  const fields = new Fields(payload, "models");
  return {
    entries: fields.list("entries", parseEntry),
    searchedInPart: fields.has("searched_in_part") ? fields.strings("searched_in_part") : [],
  };
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

/** Parse a model's summary. */
export function parseSummary(value: unknown): ModelSummary {
  const fields = new Fields(value, "summary");
  const budget = { layers: MAX_LAYERS, isCut: false };
  const root = parseLayer(fields.fields("root"), budget);
  const notes = fields
    .strings("notes")
    .slice(0, MAX_NOTES)
    .map((note) => shorten(note));
  if (budget.isCut) {
    notes.unshift(t("Some layers are not shown because the model has too many layers or levels."));
  }
  return {
    root,
    parameters: count(fields, "parameters"),
    trainable_parameters: count(fields, "trainable_parameters"),
    weight_bytes: count(fields, "weight_bytes"),
    optimizer_parameters: count(fields, "optimizer_parameters"),
    optimizer_bytes: count(fields, "optimizer_bytes"),
    compiled: fields.nullable("compiled", () => parseCompiled(fields.fields("compiled"))),
    trained: fields.nullable("trained", () => parseTrained(fields.fields("trained"))),
    inferred_from: text(fields, "inferred_from"),
    guesses: fields.list(
      "guesses",
      (guess) => ({ shapes: guess.label("shapes"), source: guess.label("source") }),
      { first: MAX_NOTES },
    ),
    notes,
  };
}

/** A summary may come from a file, and the page must stay usable. */
const MAX_LAYERS = 20_000;
const MAX_LEVELS = 50;
const MAX_NOTES = 50;
/** Of names, shapes and their sizes. */
const MAX_LISTED = 100;

interface Budget {
  layers: number;
  /** Whether layers were left out. */
  isCut: boolean;
}

function parseLayer(fields: Fields, budget: Budget, level = 0): LayerSummary {
  const found = fields.length("children");
  const first = level < MAX_LEVELS ? Math.min(found, budget.layers) : 0;
  budget.layers -= first;
  if (first < found) budget.isCut = true;
  return {
    path: fields.string("path"),
    name: fields.label("name"),
    class_name: fields.label("class_name"),
    kind: fields.oneOf("kind", LAYER_KINDS),
    built: fields.boolean("built"),
    input_shapes: shapes(fields, "input_shapes"),
    output_shapes: shapes(fields, "output_shapes"),
    parameters: count(fields, "parameters"),
    trainable_parameters: count(fields, "trainable_parameters"),
    weight_bytes: count(fields, "weight_bytes"),
    dtype: fields.label("dtype"),
    activation: label(fields, "activation"),
    trainable: fields.boolean("trainable"),
    inbound: fields
      .strings("inbound")
      .slice(0, MAX_LISTED)
      .map((name) => shorten(name)),
    calls: fields.integer("calls"),
    shared_with: text(fields, "shared_with"),
    problem: label(fields, "problem"),
    children: fields.list("children", (child) => parseLayer(child, budget, level + 1), { first }),
  };
}

export function parseEntry(fields: Fields): ModelEntry {
  return {
    key: fields.string("key"),
    names: fields
      .strings("names")
      .slice(0, MAX_LISTED)
      .map((name) => shorten(name)),
    name: fields.label("name"),
    class_name: fields.label("class_name"),
    built: fields.boolean("built"),
    parameters: count(fields, "parameters"),
    weight_bytes: count(fields, "weight_bytes"),
    num_layers: fields.integer("num_layers"),
    compiled: fields.nullable("compiled", () => parseCompiled(fields.fields("compiled"))),
    trained: fields.nullable("trained", () => parseTrained(fields.fields("trained"))),
    run_id: text(fields, "run_id"),
    revision: fields.string("revision"),
    error: label(fields, "error"),
  };
}

function parseCompiled(fields: Fields): Compiled {
  return {
    optimizer: fields.label("optimizer"),
    loss: fields.label("loss"),
    metrics: fields
      .strings("metrics")
      .slice(0, MAX_LISTED)
      .map((name) => shorten(name)),
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
    name: fields.label("name"),
    class_name: fields.label("class_name"),
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
  const listed: unknown[] = value.slice(0, MAX_LISTED);
  for (const shape of listed) {
    const sizes = Array.isArray(shape) ? shape : [undefined];
    if (!sizes.every((size) => size === null || Number.isInteger(size))) {
      throw new ProtocolError(fields.at(name), "shapes: lists of whole numbers and null", shape);
    }
  }
  return listed.map((shape) => (shape as Shape).slice(0, MAX_LISTED));
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

function label(fields: Fields, name: string): string | null {
  return fields.nullable(name, () => fields.label(name));
}
