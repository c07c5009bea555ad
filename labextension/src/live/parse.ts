/** Parses unknown data into the types of `protocol.ts`, or throws a ProtocolError. */

import { decodeBase64 } from "../shared/base64";
import { checkVersion } from "../shared/checkVersion";
import { Fields, ProtocolError, shorten } from "../shared/fields";
import { formatCount } from "../shared/format";
import { parseText } from "../shared/parseText";
import { t } from "../shared/translation";
import { parseDevice, parseWorkerLog, parseWorkers } from "./parseWorkers";
import {
  type Best,
  type BestEpoch,
  type Checkpoint,
  type EarlierFit,
  KERNEL_KINDS,
  type KernelKind,
  type KernelMessage,
  MARK_KINDS,
  type Mark,
  METRIC_KINDS,
  type MetricInfo,
  PHASES,
  type Progress,
  type Question,
  type Reply,
  type RunInfo,
  type Snapshot,
  SPLITS,
  STATUSES,
  type Table,
  type Update,
  X_AXES,
} from "./protocol";

/** Parse one message from the kernel. */
export function parseMessage(content: unknown): KernelMessage {
  const message = new Fields(content, "message");
  checkVersion(message);
  const kind: KernelKind = message.oneOf("kind", KERNEL_KINDS);
  switch (kind) {
    case "snapshot":
      return { kind, payload: parseSnapshot(message.fields("payload")) };
    case "update":
      return { kind, payload: parseUpdate(message.fields("payload")) };
    case "insight":
      return { kind, payload: message.value("payload") };
    case "acknowledge":
      return { kind, id: message.string("id") };
    case "reply":
      return { kind, id: message.string("id"), payload: parseReply(message.fields("payload")) };
  }
}

/**
 * Return a parser that returns null for a bad message and logs each kind of them once: a message
 * of another version must neither stop the view nor fill the console.
 */
export function lenientParser(
  log: (text: string) => void,
): (content: unknown) => KernelMessage | null {
  const reportedErrors = new Set<string>();
  return (content) => {
    try {
      return parseMessage(content);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (!reportedErrors.has(error.message) && reportedErrors.size < 20) {
        reportedErrors.add(error.message);
        log(`kwidgets: message ignored. ${error.message}`);
      }
      return null;
    }
  };
}

/** A saved output may hold any number of things, and the page must stay usable. */
const MAX_METRICS = 200;
const MAX_MARKS = 500;
const MAX_NOTICES = 50;
const MAX_DEVICES = 64;
const MAX_EARLIER_FITS = 200;
const MAX_CHECKPOINTS = 200;
const MAX_ANSWERS = 5;
const MAX_ROWS = 10_000;

/** Parse the payload of a snapshot. */
export function parseSnapshot(fields: Fields): Snapshot {
  const progress = parseProgress(fields.fields("progress"));
  const omitted = omittedText(fields);
  if (omitted) progress.notices.push({ level: "warning", text: omitted });
  return {
    sequence: fields.integer("sequence"),
    run: parseRun(fields.fields("run")),
    progress,
    batch: parseTable(fields.fields("batch")),
    epoch: parseTable(fields.fields("epoch")),
    best: parseBest(fields.fields("best")),
    marks: fields.list("marks", parseMark, { last: MAX_MARKS }),
    earlier_start:
      fields.integer("earlier_start") + Math.max(0, fields.length("earlier") - MAX_EARLIER_FITS),
    earlier: fields.list("earlier", parseEarlier, { last: MAX_EARLIER_FITS }),
    final: fields.has("final") && fields.boolean("final"),
    insight: fields.value("insight"),
    ...(fields.has("workers") && { workers: parseWorkers(fields.fields("workers")) }),
  };
}

/** Return what of a snapshot is not read, as a text for the user; "" if all of it is. */
function omittedText(fields: Fields): string {
  const beyond = (count: number, limit: number) => Math.max(0, count - limit);
  const metrics = beyond(fields.fields("run").length("metrics"), MAX_METRICS);
  const marks = beyond(fields.length("marks"), MAX_MARKS);
  const fits = beyond(fields.length("earlier"), MAX_EARLIER_FITS);
  const parts = [
    metrics && t("%1 metrics", formatCount(metrics)),
    marks && t("%1 marks", formatCount(marks)),
    fits && t("%1 earlier fits", formatCount(fits)),
  ].filter(Boolean);
  return parts.length ? t("Too many to show: %1 omitted.", parts.join(", ")) : "";
}

/** Parse an earlier fit without the fits before it, which the view shows already. */
function parseEarlier(fields: Fields): EarlierFit {
  const snapshot = fields.fields("snapshot");
  const progress = parseProgress(snapshot.fields("progress"));
  return {
    summary: fields.label("summary"),
    run: parseRun(snapshot.fields("run")),
    status: progress.status,
    diverged: progress.diverged,
    saved: fields.value("snapshot"),
  };
}

export function parseMark(fields: Fields): Mark {
  return {
    kind: fields.oneOf("kind", MARK_KINDS),
    text: parseText(fields.fields("text")),
    step: fields.finite("step"),
    epoch: fields.finite("epoch"),
    seconds: fields.finite("seconds"),
  };
}

function parseUpdate(fields: Fields): Update {
  const update: Update = {
    sequence: fields.integer("sequence"),
    progress: parseProgress(fields.fields("progress")),
  };
  if (fields.has("run")) update.run = parseRun(fields.fields("run"));
  if (fields.has("batch")) update.batch = parseTable(fields.fields("batch"));
  if (fields.has("epoch")) update.epoch = parseTable(fields.fields("epoch"));
  if (fields.has("best")) update.best = parseBest(fields.fields("best"));
  if (fields.has("marks")) {
    update.marks = fields.list("marks", parseMark, { last: MAX_MARKS });
  }
  if (fields.has("workers")) update.workers = parseWorkers(fields.fields("workers"));
  return update;
}

function parseReply(fields: Fields): Reply {
  return {
    ok: fields.boolean("ok"),
    message: fields.string("message"),
    ...(fields.has("log") && { log: parseWorkerLog(fields.fields("log")) }),
  };
}

function parseRun(fields: Fields): RunInfo {
  const options = fields.fields("options");
  return {
    run_id: fields.string("run_id"),
    fit: fields.integer("fit"),
    model_name: fields.label("model_name"),
    optimizer: fields.label("optimizer"),
    optimizers: fields.has("optimizers") ? fields.strings("optimizers").slice(0, MAX_METRICS) : [],
    backend: fields.label("backend"),
    device: fields.label("device"),
    epochs: fields.integer("epochs"),
    initial_epoch: fields.integer("initial_epoch"),
    epochs_before: fields.integer("epochs_before"),
    epochs_rewound: fields.has("epochs_rewound") ? Math.floor(fields.finite("epochs_rewound")) : 0,
    first_epoch: fields.integer("first_epoch"),
    metrics: fields.list("metrics", parseMetric, { first: MAX_METRICS }),
    controls: fields.oneOf("controls", ["live", "after_cell"] as const),
    options: {
      x_axis: options.oneOf("x_axis", X_AXES),
      smoothing: options.finite("smoothing"),
      log_scale: options.boolean("log_scale"),
    },
    branch_of: fields.has("branch_of") ? fields.integer("branch_of") : 0,
    checkpoints: fields.list("checkpoints", parseCheckpoint, { last: MAX_CHECKPOINTS }),
  };
}

function parseCheckpoint(fields: Fields): Checkpoint {
  return {
    name: fields.string("name"),
    text: parseText(fields.fields("text")),
    step: fields.finite("step"),
    epoch: fields.finite("epoch"),
  };
}

function parseQuestion(fields: Fields): Question {
  return {
    text: fields.label("text"),
    answers: fields.list(
      "answers",
      (answer) => ({ id: answer.string("id"), label: answer.label("label") }),
      { first: MAX_ANSWERS },
    ),
    seconds_left: fields.finite("seconds_left"),
  };
}

function parseMetric(fields: Fields): MetricInfo {
  return {
    name: fields.label("name"),
    kind: fields.oneOf("kind", METRIC_KINDS),
    direction: fields.oneOf("direction", ["min", "max", null] as const),
    group: fields.nullable("group", () => fields.string("group")),
  };
}

function parseProgress(fields: Fields): Progress {
  return {
    status: fields.oneOf("status", STATUSES),
    diverged: fields.boolean("diverged"),
    detail: fields.string("detail"),
    phase: fields.oneOf("phase", PHASES),
    epoch: fields.integer("epoch"),
    batch: fields.integer("batch"),
    batches: fields.nullable("batches", () => fields.integer("batches")),
    validation_batch: fields.integer("validation_batch"),
    step: fields.integer("step"),
    total_steps: fields.nullable("total_steps", () => fields.integer("total_steps")),
    elapsed_seconds: fields.finite("elapsed_seconds"),
    remaining_seconds: fields.nullable("remaining_seconds", () =>
      fields.finite("remaining_seconds"),
    ),
    steps_per_second: fields.nullable("steps_per_second", () => fields.finite("steps_per_second")),
    learning_rate: fields.nullable("learning_rate", () => fields.wireNumber("learning_rate")),
    learning_rate_schedule: fields.nullable("learning_rate_schedule", () =>
      fields.string("learning_rate_schedule"),
    ),
    notices: fields.list(
      "notices",
      (notice) => ({
        level: notice.oneOf("level", ["info", "warning", "error"] as const),
        text: notice.label("text"),
      }),
      { first: MAX_NOTICES },
    ),
    learning_rate_held: fields.boolean("learning_rate_held"),
    question: fields.nullable("question", () => parseQuestion(fields.fields("question"))),
    can_checkpoint: fields.boolean("can_checkpoint"),
    nan_guard: fields.nullable("nan_guard", () => fields.boolean("nan_guard")),
    chosen_optimizer: fields.has("chosen_optimizer") ? fields.label("chosen_optimizer") : "",
    devices: fields.list("devices", parseDevice, { first: MAX_DEVICES }),
  };
}

function parseBest(fields: Fields): Best {
  const best: Best = new Map();
  for (const name of fields.keys().slice(0, MAX_METRICS)) {
    best.set(shorten(name), parseBestEpoch(fields.fields(name)));
  }
  return best;
}

function parseBestEpoch(fields: Fields): BestEpoch {
  return {
    split: fields.oneOf("split", SPLITS),
    epoch: fields.integer("epoch"),
    step: fields.finite("step"),
    seconds: fields.finite("seconds"),
    value: fields.finite("value"),
  };
}

function parseTable(fields: Fields): Table {
  const start = fields.integer("start");
  const rows = fields.integer("rows");
  // The kernel groups rows, and sends 500 of a table at most.
  if (rows > MAX_ROWS) throw new ProtocolError(fields.at("rows"), `at most ${MAX_ROWS}`, rows);
  const names = fields.strings("columns");
  const path = fields.at("data");
  const bytes = decodeBase64(fields.string("data"), path);
  const expected = rows * names.length * 4;
  if (bytes.byteLength !== expected) {
    throw new ProtocolError(
      path,
      `${expected} bytes (${rows} rows × ${names.length} float32 columns)`,
      `${bytes.byteLength} bytes`,
    );
  }
  const columns = new Map<string, Float32Array>();
  // Each metric has up to two, and there are the columns of the axes.
  names.slice(0, 2 * MAX_METRICS + X_AXES.length).forEach((name, i) => {
    columns.set(shorten(name), readFloats(bytes, i * rows * 4, rows));
  });
  return { start, rows, columns };
}

/** Read little-endian floats, whatever the order of bytes is on this machine. */
function readFloats(bytes: DataView, offset: number, length: number): Float32Array {
  const floats = new Float32Array(length);
  for (let i = 0; i < length; i++) floats[i] = bytes.getFloat32(offset + i * 4, true);
  return floats;
}
