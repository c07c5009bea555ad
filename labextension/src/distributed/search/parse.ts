/** Parses unknown data into the types of `protocol.ts`, or throws a ProtocolError. */

import { Fields, ProtocolError, shorten } from "../../shared/fields";
import {
  type Changes,
  DIRECTIONS,
  type Param,
  type ParamValue,
  type RequestKind,
  type Requests,
  type SavedSearch,
  SEARCH_MIME_TYPE,
  type Search,
  STATUSES,
  TRIAL_STATES,
  type Trial,
} from "./protocol";

/** Thrown for a request that the kernel refused; the message is for the user. */
export class RefusedError extends Error {}

/** What a file of someone else's may hold. */
const MAX_TRIALS = 20_000;
const MAX_PARAMS = 100;
const MAX_ITEMS = 500;

/** Parse the payload of an answer to a request of this kind. Throws a RefusedError when refused. */
export function parseAnswer<K extends RequestKind>(
  kind: K,
  payload: unknown,
): Requests[K]["answer"] {
  const answer = new Fields(payload, "answer");
  if (!answer.boolean("ok")) throw new RefusedError(answer.string("message"));
  const value = () => answer.fields("value");
  const parsers: { [Kind in RequestKind]: () => Requests[Kind]["answer"] } = {
    search_state: () => parseChanges(value()),
    search_command: () => null,
    search_bundle: () => {
      if (!value().has(SEARCH_MIME_TYPE)) {
        throw new ProtocolError("answer.value", SEARCH_MIME_TYPE, value().keys());
      }
      return answer.value("value") as Record<string, unknown>;
    },
  };
  return parsers[kind]();
}

/** Parse what a notebook has saved: an envelope of kind `saved_search`. */
export function parseSavedSearch(data: unknown): SavedSearch {
  const envelope = new Fields(data, "saved");
  if (envelope.string("kind") !== "saved_search") {
    throw new ProtocolError(envelope.at("kind"), '"saved_search"', envelope.value("kind"));
  }
  const payload = envelope.fields("payload");
  return {
    search: parseSearch(payload.fields("search")),
    trials: payload.list("trials", parseTrial, { last: MAX_TRIALS }),
    count: payload.integer("count"),
    final: payload.boolean("final"),
  };
}

function parseChanges(fields: Fields): Changes {
  return {
    revision: fields.integer("revision"),
    search: parseSearch(fields.fields("search")),
    trials: fields.list("trials", parseTrial, { last: MAX_TRIALS }),
  };
}

function parseSearch(fields: Fields): Search {
  return {
    search: fields.string("search"),
    title: fields.label("title"),
    metric: fields.label("metric"),
    direction: fields.oneOf("direction", DIRECTIONS),
    planned: fields.nullable("planned", () => fields.integer("planned")),
    status: fields.oneOf("status", STATUSES),
    detail: fields.label("detail"),
    notes: fields
      .strings("notes")
      .slice(0, MAX_ITEMS)
      .map((note) => shorten(note)),
    params: fields.list("params", parseParam, { first: MAX_PARAMS }),
    importance: fields.list(
      "importance",
      (each) => ({ name: each.label("name"), share: each.finite("share") }),
      { first: MAX_PARAMS },
    ),
    best: fields.nullable("best", () => fields.integer("best")),
    live: fields.string("live"),
    live_widget: fields.string("live_widget"),
    seconds: fields.finite("seconds"),
    storage: fields.label("storage"),
    controls: fields.boolean("controls"),
  };
}

function parseParam(fields: Fields): Param {
  return {
    name: fields.label("name"),
    low: fields.nullable("low", () => fields.finite("low")),
    high: fields.nullable("high", () => fields.finite("high")),
    log: fields.boolean("log"),
    choices: fields.items("choices", parseParamValue, { first: MAX_ITEMS }),
  };
}

function parseTrial(fields: Fields): Trial {
  const params = fields.fields("params");
  const names = params.keys().slice(0, MAX_PARAMS);
  const epochs = fields.numbers("epochs");
  const values = fields.wireNumbers("values");
  if (epochs.length !== values.length) {
    throw new ProtocolError(fields.at("values"), `${epochs.length} values`, values);
  }
  return {
    number: fields.integer("number"),
    state: fields.oneOf("state", TRIAL_STATES),
    params: new Map(
      names.map((name) => [shorten(name), parseParamValue(params.value(name), params.at(name))]),
    ),
    value: fields.nullable("value", () => fields.wireNumber("value")),
    epochs,
    values,
    trained: fields.integer("trained"),
    seconds: fields.nullable("seconds", () => fields.finite("seconds")),
    detail: fields.label("detail"),
    runs: fields.strings("runs").slice(0, MAX_ITEMS),
  };
}

function parseParamValue(value: unknown, path: string): ParamValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return shorten(value);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new ProtocolError(path, "a text, a number, true, false or null", value);
}
