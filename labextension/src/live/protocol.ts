/**
 * The messages between a fit and its views.
 *
 * The mirror of `kwidgets/live/protocol.py`, field for field, in the wire's own snake_case. A
 * message is `unknown` until `parseMessage` has checked it; after that numbers are numbers and
 * tables are Float32Arrays.
 */

import type { Request } from "../insight/protocol";
import { type Envelope, PROTOCOL_VERSION } from "../protocol";
import type { Message } from "../shared/translation";

export const MIME_TYPE = "application/vnd.kwidgets.live+json";

export const STATUSES = [
  "running",
  "paused",
  "stopping",
  "stopped",
  "finished",
  "interrupted",
  "failed",
] as const;
export type Status = (typeof STATUSES)[number];

export const PHASES = ["starting", "training", "validating"] as const;
export type Phase = (typeof PHASES)[number];

export const X_AXES = ["step", "epoch", "time"] as const;
export type XAxis = (typeof X_AXES)[number];

export const METRIC_KINDS = ["mean", "running", "epoch"] as const;
export const SPLITS = ["training", "validation"] as const;
export type Split = (typeof SPLITS)[number];

export const KERNEL_KINDS = ["snapshot", "update", "acknowledge", "reply", "insight"] as const;
export type KernelKind = (typeof KERNEL_KINDS)[number];

/** The messages of a view, with the payload of each. */
export interface ViewPayloads {
  pause: Record<string, never>;
  resume: Record<string, never>;
  stop: Record<string, never>;
  set_learning_rate: { value: number };
  follow_schedule: Record<string, never>;
  /** The id of an answer to the question. */
  answer: { text: string };
  /** What the user calls the checkpoint, or "". */
  checkpoint: { text: string };
  /** The name of a checkpoint. */
  rewind: { text: string };
  set_nan_guard: { on: boolean };
  choose_optimizer: { name: string };
  /** What `insight/protocol.ts` defines. */
  insight: Request;
  /** `size` is that of the log that the view has; 0 for nothing. */
  read_log: { rank: number; size: number };
  resync: Record<string, never>;
}
export type ViewKind = keyof ViewPayloads;

/** One chart. `name` is Keras's own, without `val_`. */
export interface MetricInfo {
  name: string;
  kind: (typeof METRIC_KINDS)[number];
  direction: "min" | "max" | null;
  /** The model's output that it measures, where there are several. */
  group: string | null;
}

/** The view's initial options; afterwards the view owns them. */
export interface ViewOptions {
  x_axis: XAxis;
  smoothing: number;
  log_scale: boolean;
}

/** The facts about a fit that do not change while it runs. */
export interface RunInfo {
  /** Names what a view shows: one fit after another, as a loop in a cell trains them. */
  run_id: string;
  /** Number of the fit within the view, from 1. */
  fit: number;
  model_name: string;
  optimizer: string;
  /** The names of a loop's optimizers, if there are several. */
  optimizers: readonly string[];
  backend: string;
  device: string;
  /** Where the epochs end; 0 for a loop that does not say. */
  epochs: number;
  initial_epoch: number;
  /** Epochs of earlier fits of the same model, which the curves continue. */
  epochs_before: number;
  /** By how much the curves count fewer epochs than Keras, because the fit was rewound. */
  epochs_rewound?: number;
  /** Where the epoch axis begins. */
  first_epoch: number;
  metrics: MetricInfo[];
  controls: "live" | "after_cell";
  options: ViewOptions;
  /** Number of the fit that was rewound to where this one, a branch of it, begins; or 0. */
  branch_of: number;
  /** Those on disk, in the order of their steps. */
  checkpoints: Checkpoint[];
}

/** The state of a training on disk, to which it can be rewound. */
export interface Checkpoint {
  name: string;
  /** Why it was written, such as the label that the user gave it. */
  text: Message;
  step: number;
  epoch: number;
}

/** A question for which the training waits before it begins. */
export interface Question {
  text: string;
  answers: { id: string; label: string }[];
  /** Until the training goes on with the last of the answers. */
  seconds_left: number;
}

export interface Notice {
  level: "info" | "warning" | "error";
  text: string;
}

export const MARK_KINDS = ["user", "callback", "fit", "diverged"] as const;

/**
 * A change by the user or a callback, a new fit that continues the curves, or the place where the
 * loss became NaN or infinite.
 */
export interface Mark {
  kind: (typeof MARK_KINDS)[number];
  /** Not translated: a saved notebook is opened in another language. */
  text: Message;
  step: number;
  epoch: number;
  seconds: number;
}

/** The use of a device that the kernel may use; null where it is not known. */
export interface Device {
  kind: "gpu" | "cpu";
  name: string;
  /** From 0 to 1. */
  use: number | null;
  memory_used_bytes: number | null;
  memory_total_bytes: number | null;
}

export const WORKER_STATES = [
  "starting",
  "preparing",
  "training",
  "ended",
  "failed",
  "lost",
] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

/** One of several processes that train a model together. */
export interface Worker {
  rank: number;
  /** The name of its computer; "" until it is known. */
  host: string;
  state: WorkerState;
  step: number;
  /** The seconds of a step, in which it also waits for the others. */
  step_seconds: number | null;
  /** How long a computation of a fixed size takes on its device. */
  probe_seconds: number | null;
  /** Share of the time in which it waits for the others, from 0 to 1. */
  waiting: number | null;
  /** Why the others wait for it, if they do. */
  slow: Message | null;
  /** At most one of each kind. */
  devices: Device[];
}

export const WORKERS_STATES = [
  "starting",
  "training",
  "restarting",
  "finished",
  "stopped",
  "failed",
] as const;

/** The processes that train a model together, for all fits of the view. */
export interface Workers {
  state: (typeof WORKERS_STATES)[number];
  /** What it waits for while it starts or restarts. */
  waits_for: Message | null;
  count: number;
  /** On how many computers, as far as is known. */
  hosts: number;
  /** The median of all. */
  step_seconds: number | null;
  /** All of a few; of many those that stand out, in this order. */
  rows: Worker[];
  error: WorkerError | null;
}

/** The error of a worker that has ended the training; its text is the detail of the progress. */
export interface WorkerError {
  rank: number | null;
  traceback: string;
}

/** The end of what a worker has printed. */
export interface WorkerLog {
  rank: number;
  text: string;
  /** Whether there is more before `text`. */
  cut: boolean;
  /** Of all that it has printed, in bytes. */
  size: number;
}

/** The progress of a fit. Counts are of finished batches; epochs count from 1, as in Keras. */
export interface Progress {
  status: Status;
  /** Whether the latest training loss is NaN or infinite. */
  diverged: boolean;
  detail: string;
  phase: Phase;
  epoch: number;
  batch: number;
  batches: number | null;
  validation_batch: number;
  step: number;
  total_steps: number | null;
  elapsed_seconds: number;
  remaining_seconds: number | null;
  steps_per_second: number | null;
  learning_rate: number | null;
  /** Class name of the optimizer's LearningRateSchedule, or null without one. */
  learning_rate_schedule: string | null;
  /** Whether the user has set the rate, and the schedule is set aside. */
  learning_rate_held: boolean;
  /** The one of several optimizers whose learning rate this is; "" of one alone. */
  chosen_optimizer: string;
  notices: Notice[];
  question: Question | null;
  /** Whether a checkpoint can be written now. */
  can_checkpoint: boolean;
  /** Whether the NaN guard is on; null where there is none. */
  nan_guard: boolean | null;
  devices: Device[];
}

/**
 * Rows `start` to `start + rows` of a table; earlier rows are kept, later rows are dropped. The
 * epoch table has a column `partial` if an epoch was stopped early: 1 in its row, NaN in others.
 * NaN means there that an epoch has no value, unless `nan/` and the column's name is 1.
 */
export interface Table {
  start: number;
  rows: number;
  columns: Map<string, Float32Array>;
}

export interface BestEpoch {
  split: Split;
  /** Counts all epochs of the curves, from 1, those of earlier fits included. */
  epoch: number;
  step: number;
  seconds: number;
  value: number;
}

export type Best = Map<string, BestEpoch>;

/** The whole state of a run. */
export interface Snapshot {
  sequence: number;
  run: RunInfo;
  progress: Progress;
  batch: Table;
  epoch: Table;
  best: Best;
  marks: Mark[];
  /** Number of the first of `earlier` among all fits that the view has shown before this one. */
  earlier_start: number;
  earlier: EarlierFit[];
  /** Whether it is in the kernel's last output of the run, to which nothing is added. */
  final: boolean;
  /** In a saved output: the parts of `insight/protocol.ts` that it keeps, which are not parsed. */
  insight?: unknown;
  /** Of a training with several workers. */
  workers?: Workers;
}

/** A fit that was followed by another one in its cell. */
export interface EarlierFit {
  /** Its result in a line. */
  summary: string;
  run: RunInfo;
  status: Status;
  diverged: boolean;
  /** Its snapshot, as it was received and as a notebook saves it. */
  saved: unknown;
}

/** The changed parts of a run; absent parts are unchanged. */
export interface Update {
  sequence: number;
  progress: Progress;
  run?: RunInfo;
  batch?: Table;
  epoch?: Table;
  best?: Best;
  marks?: Mark[];
  workers?: Workers;
}

export interface Reply {
  ok: boolean;
  message: string;
  /** The answer to `read_log`, unless the view has all of it. */
  log?: WorkerLog;
}

export type KernelMessage =
  | { kind: "snapshot"; payload: Snapshot }
  | { kind: "update"; payload: Update }
  /** A part of `insight/protocol.ts`, which is parsed when it is shown. */
  | { kind: "insight"; payload: unknown }
  | { kind: "acknowledge"; id: string }
  | { kind: "reply"; id: string; payload: Reply };

export const FINAL_STATUSES: ReadonlySet<Status> = new Set([
  "stopped",
  "finished",
  "interrupted",
  "failed",
]);

/** Wrap `payload` for the wire. */
export function envelope<K extends ViewKind>(
  kind: K,
  payload: ViewPayloads[K],
  id: string,
): Envelope {
  return { v: PROTOCOL_VERSION, kind, id, payload };
}
