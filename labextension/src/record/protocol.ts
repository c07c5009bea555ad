/**
 * The messages between the view of recorded runs and the kernel.
 *
 * The mirror of `kwidgets/record/protocol.py`, field for field, in the wire's own snake_case. The
 * view sends requests; the kernel sends nothing else but their answers. After `parse.ts`, numbers
 * are numbers.
 */

import type { Mark, MetricInfo, Snapshot } from "../live/protocol";

export const RUNS_MIME_TYPE = "application/vnd.kwidgets.runs+json";
export const RUNS_ANSWER = "runs_answer";

export const SCOPES = ["notebook", "folder", "all"] as const;
export type Scope = (typeof SCOPES)[number];

export const STATES = ["running", "finished", "stopped", "interrupted", "failed", "died"] as const;
export type RunState = (typeof STATES)[number];

export interface RunRow {
  id: string;
  name: string;
  tags: string[];
  notes: string;
  state: RunState;
  diverged: boolean;
  detail: string;
  kind: "fit" | "loop";
  /** Unix time in seconds. */
  created: number;
  /** Of training. */
  seconds: number;
  /** Finished, and asked for; as Keras counts them. */
  epoch: number;
  epochs: number;
  step: number;
  model_name: string;
  optimizer: string;
  backend: string;
  device: string;
  notebook: string | null;
  metrics: Pick<MetricInfo, "name" | "direction">[];
  /** The last values, named `loss`, `val_loss`. */
  values: Map<string, number>;
  /** The best values, by the metric's name. */
  best: Map<string, number>;
  parent: { run: string; step: number; how: string } | null;
  bytes: number;
  checkpoint_bytes: number;
}

export interface UnreadableRow {
  path: string;
  reason: string;
  bytes: number;
}

export interface RunList {
  revision: number;
  scope: Scope;
  /** Where the runs of the notebook are. */
  folder: string;
  /** Those that have changed. */
  rows: RunRow[];
  /** All of the scope, oldest first; null if they are those that the view has. */
  ids: string[] | null;
  unreadable: UnreadableRow[];
}

export interface RunCurves {
  run: string;
  seen: string;
  /** Null if nothing has changed. */
  snapshot: Snapshot | null;
}

export interface Setting {
  name: string;
  value: string;
}

export interface ActRow {
  epoch: number;
  batch: number;
  do: string;
  value: number | null;
  by: string;
}

export interface CheckpointRow {
  name: string;
  step: number;
  epoch: number;
  batch: number;
  bytes: number;
  reason: string;
  label: string;
  created: number;
}

/** The lists of settings of a run, in the order of the page. */
export const PARTS = ["compile", "fit", "data", "seeds", "versions", "environment"] as const;
export type Part = (typeof PARTS)[number];

export interface RunDetails extends Record<Part, Setting[]> {
  run: string;
  path: string;
  code: string | null;
  layers: Setting[] | null;
  parameters: number | null;
  marks: Mark[];
  acts: ActRow[];
  checkpoints: CheckpointRow[];
}

export interface RunInsight {
  run: string;
  seen: string;
  /** Parts of `insight/protocol.ts`, parsed when they are shown; null if nothing has changed. */
  parts: unknown[] | null;
}

export interface Change {
  name: string;
  before: string | null;
  after: string | null;
}

export interface LayerChange {
  what: "added" | "removed" | "changed";
  name: string;
  class_name: string;
  settings: Change[];
}

export interface Difference extends Record<Part | "model", Change[]> {
  first: string;
  second: string;
  layers: LayerChange[];
  parameters: (number | null)[];
  /** A unified diff without its header. */
  code: string;
  missing: string[];
}

export interface Deleted {
  bytes: number;
  problems: string[];
}

export interface SavedRuns {
  scope: Scope;
  filter: string;
  runs: RunList;
  count: number;
}

/** The requests of a view, with the payload and the answer of each. */
export interface Requests {
  list_runs: { payload: { scope: Scope; since: number }; answer: RunList };
  filter_runs: { payload: { scope: Scope; text: string }; answer: string[] };
  run_curves: { payload: { run: string; seen: string }; answer: RunCurves };
  run_details: { payload: { run: string }; answer: RunDetails };
  run_insight: { payload: { run: string; seen: string }; answer: RunInsight };
  compare_runs: { payload: { first: string; second: string }; answer: Difference };
  edit_run: {
    payload: { run: string; name?: string; tags?: string[]; notes?: string };
    answer: null;
  };
  delete_runs: { payload: { runs: string[] }; answer: Deleted };
  delete_checkpoints: { payload: { runs: string[] }; answer: Deleted };
  replay_run: { payload: { run: string }; answer: string };
  export_run: { payload: { run: string; target: ExportTarget }; answer: string };
}

export const EXPORT_TARGETS = ["csv", "tensorboard", "mlflow", "trackio", "wandb-offline"] as const;
export type ExportTarget = (typeof EXPORT_TARGETS)[number];

export type RequestKind = keyof Requests;

export const REQUEST_KINDS: readonly RequestKind[] = [
  "list_runs",
  "filter_runs",
  "run_curves",
  "run_details",
  "run_insight",
  "compare_runs",
  "edit_run",
  "delete_runs",
  "delete_checkpoints",
  "replay_run",
  "export_run",
];
