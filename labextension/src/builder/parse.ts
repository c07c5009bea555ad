/**
 * Parses unknown data into the types of `protocol.ts`, or throws a ProtocolError. The values of
 * arguments, which views only send back, are not checked.
 */

import { checkVersion } from "../shared/checkVersion";
import { Fields, ProtocolError } from "../shared/fields";
import {
  ADVICE_LEVELS,
  BUILDER_KERNEL_KINDS,
  type BuilderMessage,
  type FormState,
  LAYER_STATUSES,
  type LayerState,
  type Reply,
  type SearchOption,
  type Shape,
  type State,
  type StateUpdate,
  type Value,
} from "./protocol";

/** Parse one message from the kernel. */
export function parseBuilderMessage(content: unknown): BuilderMessage {
  const message = new Fields(content, "message");
  checkVersion(message);
  const kind = message.oneOf("kind", BUILDER_KERNEL_KINDS);
  const payload = message.fields("payload");
  if (kind === "reply") return { kind, id: message.string("id"), payload: parseReply(payload) };
  if (kind === "update") return { kind, payload: parseUpdate(payload) };
  const state = parseUpdate(payload);
  for (const name of Object.keys(SECTIONS)) {
    if (!payload.has(name)) throw new ProtocolError(payload.at(name), "a value", undefined);
  }
  return { kind, payload: state as State };
}

/** Parse the options of a reply to `search`. */
export function parseOptions(result: Record<string, unknown>): SearchOption[] {
  return new Fields(result, "reply.result").list("options", (option) => ({
    class_name: option.string("class_name"),
    arguments: values(option, "arguments"),
    title: option.string("title"),
    detail: option.string("detail"),
    group: option.string("group"),
  }));
}

type Section = Exclude<keyof State, "sequence">;

const SECTIONS: { [K in Section]: (state: Fields, name: K) => State[K] } = {
  name: (state, name) => state.string(name),
  input: (state, name) => parseLayer(state.fields(name)),
  order: (state, name) => state.strings(name),
  layers: (state, name) => record(state.fields(name), parseLayer),
  totals: (state, name) => parseTotals(state.fields(name)),
  advice: (state, name) =>
    state.list(name, (advice) => ({
      id: advice.string("id"),
      level: advice.oneOf("level", ADVICE_LEVELS),
      title: advice.string("title"),
      text: advice.string("text"),
      target: optionalString(advice, "target"),
      fix: optionalString(advice, "fix"),
    })),
  history: (state, name) => ({
    undo: optionalString(state.fields(name), "undo"),
    redo: optionalString(state.fields(name), "redo"),
  }),
  compile: (state, name) => parseForm(state.fields(name)),
  fit: (state, name) => parseForm(state.fields(name)),
  data: (state, name) =>
    state.list(name, (variable) => ({
      name: variable.string("name"),
      kind: variable.string("kind"),
      shape: variable.string("shape"),
      dtype: variable.string("dtype"),
      roles: variable.strings("roles"),
    })),
  run: (state, name) => {
    const run = state.fields(name);
    return {
      status: run.string("status"),
      detail: run.string("detail"),
      live: optionalString(run, "live"),
      blocked: run.string("blocked"),
    };
  },
  code: (state, name) => ({
    source: state.fields(name).string("source"),
    notes: state.fields(name).strings("notes"),
  }),
};

function parseUpdate(fields: Fields): StateUpdate {
  const update: Record<string, unknown> = { sequence: fields.integer("sequence") };
  for (const [name, parse] of Object.entries(SECTIONS)) {
    if (fields.has(name)) update[name] = (parse as (f: Fields, n: string) => unknown)(fields, name);
  }
  return update as StateUpdate;
}

function parseLayer(fields: Fields): LayerState {
  const error = fields.nullable("error", () => fields.fields("error"));
  return {
    uid: fields.string("uid"),
    class_name: fields.string("class_name"),
    title: fields.string("title"),
    summary: fields.string("summary"),
    name: optionalString(fields, "name"),
    arguments: values(fields, "arguments"),
    enabled: fields.boolean("enabled"),
    children: fields.nullable("children", () => fields.strings("children")),
    status: fields.oneOf("status", LAYER_STATUSES),
    error: error && {
      text: error.string("text"),
      detail: error.string("detail"),
      parameter: optionalString(error, "parameter"),
    },
    output_shape: parseShape(fields, "output_shape"),
    output_dtype: optionalString(fields, "output_dtype"),
    parameters: optionalCount(fields, "parameters"),
    trainable: optionalCount(fields, "trainable"),
    weight_bytes: optionalCount(fields, "weight_bytes"),
    output_bytes: optionalCount(fields, "output_bytes"),
    trained: fields.boolean("trained"),
  };
}

function parseTotals(fields: Fields): State["totals"] {
  return {
    parameters: fields.finite("parameters"),
    trainable: fields.finite("trainable"),
    weight_bytes: fields.finite("weight_bytes"),
    output_shape: parseShape(fields, "output_shape"),
    complete: fields.boolean("complete"),
  };
}

function parseForm(fields: Fields): FormState {
  const errors = fields.fields("errors");
  return {
    arguments: values(fields, "arguments"),
    errors: Object.fromEntries(errors.keys().map((name) => [name, errors.string(name)])),
  };
}

function parseReply(fields: Fields): Reply {
  const result = fields.has("result") ? fields.fields("result") : null;
  return {
    ok: fields.boolean("ok"),
    message: fields.string("message"),
    result: result ? Object.fromEntries(result.keys().map((key) => [key, result.value(key)])) : {},
  };
}

function parseShape(fields: Fields, name: string): Shape | null {
  const value = fields.value(name);
  if (value === null) return null;
  const good =
    Array.isArray(value) && value.every((size) => size === null || Number.isFinite(size));
  if (!good) throw new ProtocolError(fields.at(name), "a list of integers and nulls", value);
  return value as Shape;
}

function values(fields: Fields, name: string): Record<string, Value> {
  const inner = fields.fields(name);
  return Object.fromEntries(inner.keys().map((key) => [key, inner.value(key) as Value]));
}

function record<T>(fields: Fields, parse: (fields: Fields) => T): Record<string, T> {
  return Object.fromEntries(fields.keys().map((key) => [key, parse(fields.fields(key))]));
}

function optionalString(fields: Fields, name: string): string | null {
  return fields.nullable(name, () => fields.string(name));
}

/** Read a count, which may be above 2**53 and then is rounded. */
function optionalCount(fields: Fields, name: string): number | null {
  return fields.nullable(name, () => fields.finite(name));
}
