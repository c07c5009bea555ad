/**
 * The messages between the export panel and the kernel.
 *
 * The mirror of `kwidgets/formats/protocol.py`, field for field, in the wire's own snake_case. The
 * view sends requests; the kernel sends nothing else but their answers. After `parse.ts`, numbers
 * are numbers.
 */

import type { Message } from "../shared/translation";

export const EXPORT_MIME_TYPE = "application/vnd.kwidgets.export+json";
export const EXPORT_ANSWER = "export_answer";

export const STATUSES = [
  "waiting",
  "converting",
  "checking",
  "measuring",
  "done",
  "unproved",
  "missing",
  "failed",
  "stopped",
] as const;
export type Status = (typeof STATUSES)[number];

export const STATES = ["running", "done", "stopped"] as const;
export type ExportStateName = (typeof STATES)[number];

export const SLIM_METHODS = ["int8", "int4", "float16", "dead_units"] as const;
export type SlimMethod = (typeof SLIM_METHODS)[number];

/** A format as the panel offers it. */
export interface TargetRow {
  id: string;
  title: string;
  runs_on: Message;
  suffix: string;
  /** Modules that are not installed, and the pip line that installs them. */
  missing: string[];
  install: string;
  /** Whether it is chosen at first. */
  chosen: boolean;
  /** Whether data for calibration can be chosen. */
  calibrated: boolean;
}

/** A variable of the notebook that can be chosen as data. */
export interface DataChoice {
  name: string;
  shape: string;
  num_samples: number | null;
  fits_inputs: boolean;
  fits_targets: boolean;
}

export interface TargetList {
  /** The key of the model. */
  model: string;
  model_name: string;
  targets: TargetRow[];
  data: DataChoice[];
  /** Names that are chosen at first; null: random numbers, and no metric. */
  samples: string | null;
  validation: string[] | null;
  folder: string;
  /** The export of this model that runs or ended last. */
  job: string | null;
  slim: SlimMethod[];
}

export interface DifferenceRow {
  maximum: number;
  mean: number;
  /** The largest absolute output of the model. */
  scale: number;
  /** From 0 to 1; null where there are no classes. */
  same_class: number | null;
  num_samples: number;
  output: string;
}

/** A metric of the model and of the file. */
export interface MetricRow {
  name: string;
  model: number;
  export: number;
}

/** Milliseconds for one sample. */
export interface LatencyRow {
  threads: number;
  p50_ms: number;
  p95_ms: number;
  runs: number;
}

export interface ExportRow {
  target: string;
  title: string;
  status: Status;
  path: string | null;
  num_bytes: number | null;
  difference: DifferenceRow | null;
  metrics: MetricRow[];
  latency: LatencyRow[];
  lost: Message[];
  notes: Message[];
  problem: Message | null;
  install: string;
  has_code: boolean;
  has_server: boolean;
  seconds: number;
}

export interface ExportState {
  job: string;
  revision: number;
  state: ExportStateName;
  model_name: string;
  folder: string;
  /** Null if nothing has changed. */
  rows: ExportRow[] | null;
  samples_from: Message;
  num_samples: number;
  validation_from: Message | null;
  num_validation: number;
  /** Of the model itself, on the validation data. */
  metrics: { name: string; value: number }[];
  notes: Message[];
  step: Message | null;
  seconds: number;
}

/** Programs that need no kwidgets: one writes the file, one runs it. */
export interface Code {
  code: string;
  run_code: string;
}

export interface WrittenServer {
  folder: string;
  files: string[];
  command: string;
}

export interface SlimRow {
  slim: string;
  method: SlimMethod;
  /** The variable of the smaller model; null after it was undone. */
  variable: string | null;
  metrics: MetricRow[];
  bytes_before: number;
  bytes_after: number;
  notes: Message[];
  code: string;
  undone: boolean;
}

/** What a notebook saves. */
export interface SavedExport {
  model: string | null;
  model_name: string;
  state: ExportState | null;
}

export interface StartExport {
  model: string;
  targets: string[];
  folder: string;
  /** The name of a variable; "" for random numbers. */
  samples: string;
  /** One name of batches, or x and y; empty for none. */
  validation: string[];
  /** "" for the samples. */
  calibration: string;
  latency: boolean;
}

/** The requests of a view, with the payload and the answer of each. */
export interface Requests {
  export_targets: { payload: { model: string }; answer: TargetList };
  start_export: { payload: StartExport; answer: ExportState };
  export_state: { payload: { job: string; since: number }; answer: ExportState };
  stop_export: { payload: { job: string }; answer: ExportState };
  export_code: { payload: { job: string; target: string }; answer: Code };
  write_server: { payload: { job: string; target: string }; answer: WrittenServer };
  export_bundle: { payload: { model: string }; answer: Record<string, unknown> };
  start_slim: {
    payload: { model: string; method: SlimMethod; validation: string[] };
    answer: SlimRow;
  };
  undo_slim: { payload: { slim: string }; answer: SlimRow };
}

export type RequestKind = keyof Requests;

export const REQUEST_KINDS: readonly RequestKind[] = [
  "export_targets",
  "start_export",
  "export_state",
  "stop_export",
  "export_code",
  "write_server",
  "export_bundle",
  "start_slim",
  "undo_slim",
];
