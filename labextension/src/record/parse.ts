/** Parses unknown data into the types of `protocol.ts`, or throws a ProtocolError. */

import { parseMark, parseSnapshot } from "../live/parse";
import { Fields, shorten } from "../shared/fields";
import {
  type Change,
  type Difference,
  PARTS,
  type RequestKind,
  type Requests,
  type RunCurves,
  type RunDetails,
  type RunList,
  type RunRow,
  type SavedRuns,
  SCOPES,
  type Setting,
  STATES,
} from "./protocol";

/** Thrown for a request that the kernel refused; the message is for the user. */
export class RefusedError extends Error {}

/** Of a run or of a list: what a file of someone else's may hold. */
const MAX_ITEMS = 5_000;
const MAX_METRICS = 200;
const MAX_PARTS = 200;
const CODE_LENGTH = 200_000;

/** Parse the payload of an answer to a request of this kind. Throws a RefusedError when refused. */
export function parseAnswer<K extends RequestKind>(
  kind: K,
  payload: unknown,
): Requests[K]["answer"] {
  const answer = new Fields(payload, "answer");
  if (!answer.boolean("ok")) throw new RefusedError(answer.string("message"));
  const value = () => answer.fields("value");
  const deleted = () => ({
    bytes: value().finite("bytes"),
    problems: value()
      .strings("problems")
      .map((text) => shorten(text)),
  });
  const parsers: { [Kind in RequestKind]: () => Requests[Kind]["answer"] } = {
    list_runs: () => parseList(value()),
    filter_runs: () => value().strings("ids"),
    run_curves: () => parseCurves(value()),
    run_details: () => parseDetails(value()),
    run_insight: () => ({
      run: value().string("run"),
      seen: value().string("seen"),
      parts: value().nullable("parts", () =>
        value().items("parts", (part) => part, { first: MAX_PARTS }),
      ),
    }),
    compare_runs: () => parseDifference(value()),
    edit_run: () => null,
    delete_runs: deleted,
    delete_checkpoints: deleted,
    replay_run: () => value().string("text"),
    export_run: () => value().string("text"),
  };
  return parsers[kind]() as Requests[K]["answer"];
}

/** Parse what a notebook has saved of a view. */
export function parseSavedRuns(content: unknown): SavedRuns {
  const payload = new Fields(content, "saved").fields("payload");
  return {
    scope: payload.oneOf("scope", SCOPES),
    filter: payload.label("filter"),
    runs: parseList(payload.fields("runs")),
    count: payload.integer("count"),
  };
}

function parseList(fields: Fields): RunList {
  return {
    revision: fields.integer("revision"),
    scope: fields.oneOf("scope", SCOPES),
    folder: fields.label("folder"),
    rows: fields.list("rows", parseRow),
    ids: fields.nullable("ids", () => fields.strings("ids")),
    unreadable: fields.list(
      "unreadable",
      (file) => ({
        path: file.label("path"),
        reason: file.label("reason"),
        bytes: file.finite("bytes"),
      }),
      { first: MAX_ITEMS },
    ),
  };
}

function parseRow(fields: Fields): RunRow {
  return {
    id: fields.string("id"),
    name: fields.label("name"),
    tags: fields.strings("tags").map((tag) => shorten(tag)),
    notes: fields.string("notes"),
    state: fields.oneOf("state", STATES),
    diverged: fields.boolean("diverged"),
    detail: fields.label("detail"),
    kind: fields.oneOf("kind", ["fit", "loop"] as const),
    created: fields.finite("created"),
    seconds: fields.finite("seconds"),
    epoch: fields.integer("epoch"),
    epochs: fields.integer("epochs"),
    step: fields.integer("step"),
    model_name: fields.label("model_name"),
    optimizer: fields.label("optimizer"),
    backend: fields.label("backend"),
    device: fields.label("device"),
    notebook: fields.nullable("notebook", () => fields.label("notebook")),
    metrics: fields.list(
      "metrics",
      (metric) => ({
        name: metric.label("name"),
        direction: metric.oneOf("direction", ["min", "max", null] as const),
      }),
      { first: MAX_METRICS },
    ),
    values: parseValues(fields.fields("values")),
    best: parseValues(fields.fields("best")),
    parent: fields.nullable("parent", () => {
      const parent = fields.fields("parent");
      return {
        run: parent.string("run"),
        step: parent.finite("step"),
        how: parent.label("how"),
      };
    }),
    bytes: fields.finite("bytes"),
    checkpoint_bytes: fields.finite("checkpoint_bytes"),
  };
}

function parseValues(fields: Fields): Map<string, number> {
  const names = fields.keys().slice(0, 2 * MAX_METRICS);
  return new Map(names.map((name) => [shorten(name), fields.wireNumber(name)]));
}

function parseCurves(fields: Fields): RunCurves {
  return {
    run: fields.string("run"),
    seen: fields.string("seen"),
    snapshot: fields.nullable("snapshot", () => parseSnapshot(fields.fields("snapshot"))),
  };
}

function parseDetails(fields: Fields): RunDetails {
  const settings = (name: string): Setting[] =>
    fields.list(
      name,
      (setting) => ({ name: setting.label("name"), value: setting.label("value") }),
      { first: MAX_ITEMS },
    );
  return {
    run: fields.string("run"),
    path: fields.label("path"),
    code: fields.nullable("code", () => shorten(fields.string("code"), CODE_LENGTH)),
    layers: fields.nullable("layers", () => settings("layers")),
    parameters: fields.nullable("parameters", () => fields.finite("parameters")),
    ...(Object.fromEntries(PARTS.map((part) => [part, settings(part)])) as Record<
      (typeof PARTS)[number],
      Setting[]
    >),
    marks: fields.list("marks", parseMark, { last: MAX_ITEMS }),
    acts: fields.list(
      "acts",
      (act) => ({
        epoch: act.finite("epoch"),
        batch: act.finite("batch"),
        do: act.label("do"),
        value: act.nullable("value", () => act.wireNumber("value")),
        by: act.label("by"),
      }),
      { last: MAX_ITEMS },
    ),
    checkpoints: fields.list(
      "checkpoints",
      (each) => ({
        name: each.label("name"),
        step: each.finite("step"),
        epoch: each.finite("epoch"),
        batch: each.finite("batch"),
        bytes: each.finite("bytes"),
        reason: each.label("reason"),
        label: each.label("label"),
        created: each.finite("created"),
      }),
      { last: MAX_ITEMS },
    ),
  };
}

function parseDifference(fields: Fields): Difference {
  const changes = (of: Fields, name: string): Change[] =>
    of.list(
      name,
      (change) => ({
        name: change.label("name"),
        before: change.nullable("before", () => change.label("before")),
        after: change.nullable("after", () => change.label("after")),
      }),
      { first: MAX_ITEMS },
    );
  return {
    first: fields.string("first"),
    second: fields.string("second"),
    layers: fields.list(
      "layers",
      (layer) => ({
        what: layer.oneOf("what", ["added", "removed", "changed"] as const),
        name: layer.label("name"),
        class_name: layer.label("class_name"),
        settings: changes(layer, "settings"),
      }),
      { first: MAX_ITEMS },
    ),
    parameters: fields.items("parameters", (value) => (typeof value === "number" ? value : null)),
    model: changes(fields, "model"),
    ...(Object.fromEntries(PARTS.map((part) => [part, changes(fields, part)])) as Record<
      (typeof PARTS)[number],
      Change[]
    >),
    code: shorten(fields.string("code"), CODE_LENGTH),
    missing: fields.strings("missing"),
  };
}
