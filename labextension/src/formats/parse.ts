/** Parses unknown data into the types of `protocol.ts`, or throws a ProtocolError. */

import { Fields, ProtocolError, shorten } from "../shared/fields";
import { parseText } from "../shared/parseText";
import {
  EXPORT_MIME_TYPE,
  type ExportRow,
  type ExportState,
  type MetricRow,
  type RequestKind,
  type Requests,
  type SavedExport,
  SLIM_METHODS,
  type SlimRow,
  STATES,
  STATUSES,
  type TargetList,
} from "./protocol";

/** Thrown for a request that the kernel refused; the message is for the user. */
export class RefusedError extends Error {}

/** Of a list, which a file of someone else's may hold. */
const MAX_ITEMS = 500;
const CODE_LENGTH = 200_000;

/** Parse the payload of an answer to a request of this kind. Throws a RefusedError when refused. */
export function parseAnswer<K extends RequestKind>(
  kind: K,
  payload: unknown,
): Requests[K]["answer"] {
  const answer = new Fields(payload, "answer");
  if (!answer.boolean("ok")) throw new RefusedError(answer.string("message"));
  const value = () => answer.fields("value");
  const parsers: { [Kind in RequestKind]: () => Requests[Kind]["answer"] } = {
    export_targets: () => parseTargets(value()),
    start_export: () => parseState(value()),
    export_state: () => parseState(value()),
    stop_export: () => parseState(value()),
    export_code: () => ({
      code: shorten(value().string("code"), CODE_LENGTH),
      run_code: shorten(value().string("run_code"), CODE_LENGTH),
    }),
    write_server: () => ({
      folder: value().label("folder"),
      files: value()
        .strings("files")
        .slice(0, MAX_ITEMS)
        .map((name) => shorten(name)),
      command: value().label("command"),
    }),
    export_bundle: () => {
      if (!value().has(EXPORT_MIME_TYPE)) {
        throw new ProtocolError("answer.value", EXPORT_MIME_TYPE, value().keys());
      }
      return answer.value("value") as Record<string, unknown>;
    },
    start_slim: () => parseSlim(value()),
    undo_slim: () => parseSlim(value()),
  };
  return parsers[kind]() as Requests[K]["answer"];
}

/** Parse what a notebook has saved of a view. */
export function parseSavedExport(content: unknown): SavedExport {
  const payload = new Fields(content, "saved").fields("payload");
  return {
    model: payload.nullable("model", () => payload.string("model")),
    model_name: payload.label("model_name"),
    state: payload.nullable("state", () => parseState(payload.fields("state"))),
  };
}

function parseTargets(fields: Fields): TargetList {
  return {
    model: fields.string("model"),
    model_name: fields.label("model_name"),
    targets: fields.list(
      "targets",
      (target) => ({
        id: target.string("id"),
        title: target.label("title"),
        runs_on: parseText(target.fields("runs_on")),
        suffix: target.label("suffix"),
        missing: target.strings("missing").map((name) => shorten(name)),
        install: target.label("install"),
        chosen: target.boolean("chosen"),
        calibrated: target.boolean("calibrated"),
      }),
      { first: MAX_ITEMS },
    ),
    data: fields.list(
      "data",
      (data) => ({
        name: data.string("name"),
        shape: data.label("shape"),
        num_samples: data.nullable("num_samples", () => data.integer("num_samples")),
        fits_inputs: data.boolean("fits_inputs"),
        fits_targets: data.boolean("fits_targets"),
      }),
      { first: MAX_ITEMS },
    ),
    samples: fields.nullable("samples", () => fields.string("samples")),
    validation: fields.nullable("validation", () => fields.strings("validation")),
    folder: fields.label("folder"),
    job: fields.nullable("job", () => fields.string("job")),
    slim: fields
      .items("slim", (method) => SLIM_METHODS.find((known) => known === method))
      .filter((method) => method !== undefined),
  };
}

function parseState(fields: Fields): ExportState {
  return {
    job: fields.string("job"),
    revision: fields.integer("revision"),
    state: fields.oneOf("state", STATES),
    model_name: fields.label("model_name"),
    folder: fields.label("folder"),
    rows: fields.nullable("rows", () => fields.list("rows", parseRow, { first: MAX_ITEMS })),
    samples_from: parseText(fields.fields("samples_from")),
    num_samples: fields.integer("num_samples"),
    validation_from: fields.nullable("validation_from", () =>
      parseText(fields.fields("validation_from")),
    ),
    num_validation: fields.integer("num_validation"),
    metrics: fields.items(
      "metrics",
      (pair, path) => {
        // As an object, whose fields are checked like all others.
        const metric = new Fields({ ...(pair as unknown[]) }, path);
        return { name: metric.label("0"), value: metric.wireNumber("1") };
      },
      { first: MAX_ITEMS },
    ),
    notes: fields.list("notes", (note) => parseText(note), { first: MAX_ITEMS }),
    step: fields.nullable("step", () => parseText(fields.fields("step"))),
    seconds: fields.finite("seconds"),
  };
}

function parseRow(fields: Fields): ExportRow {
  return {
    target: fields.string("target"),
    title: fields.label("title"),
    status: fields.oneOf("status", STATUSES),
    path: fields.nullable("path", () => fields.label("path")),
    num_bytes: fields.nullable("num_bytes", () => fields.finite("num_bytes")),
    difference: fields.nullable("difference", () => {
      const difference = fields.fields("difference");
      return {
        maximum: difference.wireNumber("maximum"),
        mean: difference.wireNumber("mean"),
        scale: difference.wireNumber("scale"),
        same_class: difference.nullable("same_class", () => difference.finite("same_class")),
        num_samples: difference.integer("num_samples"),
        output: difference.label("output"),
      };
    }),
    metrics: parseMetrics(fields),
    latency: fields.list(
      "latency",
      (latency) => ({
        threads: latency.integer("threads"),
        p50_ms: latency.finite("p50_ms"),
        p95_ms: latency.finite("p95_ms"),
        runs: latency.integer("runs"),
      }),
      { first: MAX_ITEMS },
    ),
    lost: fields.list("lost", (each) => parseText(each), { first: MAX_ITEMS }),
    notes: fields.list("notes", (each) => parseText(each), { first: MAX_ITEMS }),
    problem: fields.nullable("problem", () => parseText(fields.fields("problem"))),
    install: fields.label("install"),
    has_code: fields.boolean("has_code"),
    has_server: fields.boolean("has_server"),
    seconds: fields.finite("seconds"),
  };
}

function parseMetrics(fields: Fields): MetricRow[] {
  return fields.list(
    "metrics",
    (metric) => ({
      name: metric.label("name"),
      model: metric.wireNumber("model"),
      export: metric.wireNumber("export"),
    }),
    { first: MAX_ITEMS },
  );
}

function parseSlim(fields: Fields): SlimRow {
  return {
    slim: fields.string("slim"),
    method: fields.oneOf("method", SLIM_METHODS),
    variable: fields.nullable("variable", () => fields.label("variable")),
    metrics: parseMetrics(fields),
    bytes_before: fields.finite("bytes_before"),
    bytes_after: fields.finite("bytes_after"),
    notes: fields.list("notes", (each) => parseText(each), { first: MAX_ITEMS }),
    code: shorten(fields.string("code"), CODE_LENGTH),
    undone: fields.boolean("undone"),
  };
}
