/**
 * The messages about predictions, layers and data.
 *
 * The mirror of `kwidgets/insight/protocol.py`, field for field, in the wire's own snake_case. They
 * travel as messages of a live view. A part is `unknown` until `parse.ts` has checked it; after that
 * numbers are numbers and bulk columns are typed arrays.
 */

import type { Message } from "../shared/translation";

/** How often a view repeats `watch` while a tab is visible. */
export const REPEAT_SECONDS = 5;

export const TABS = ["curves", "predictions", "layers", "data"] as const;
export type TabName = (typeof TABS)[number];

export const TASKS = [
  "classification",
  "binary",
  "multi_label",
  "regression",
  "segmentation",
  "token_classes",
  "forecast",
  "image_to_image",
  "boxes",
  "unknown",
] as const;
export type Task = (typeof TASKS)[number];

/** What a view asks for, with the fields of each. */
export type Request =
  /** `first`: the view was just opened and has no pictures yet. */
  | { request: "watch"; tab: TabName; first?: true; output?: string; epoch?: number }
  | {
      request: "show_samples";
      output: string;
      epoch: number;
      true?: number;
      predicted?: number;
    }
  | { request: "show_sample" | "explain"; sample: string }
  | { request: "set_task"; output: string; task: Task }
  | { request: "look_at_training_samples" | "measure_layers" | "look_at_data" }
  | { request: "dismiss_finding"; finding: string };

export const STATES = ["waiting", "missing", "off", "ready"] as const;
/** waiting: before the first validation; missing: no validation data; off: `reason` says why. */
export type State = (typeof STATES)[number];

export const SOURCES = ["validation", "training", "evaluate"] as const;

/** What the model predicted after an epoch. */
export interface PredictionsPart {
  state: State;
  reason: Message | null;
  source: (typeof SOURCES)[number];
  outputs: string[];
  output: string;
  task: Task;
  tasks: Task[];
  task_note: Message | null;
  /** Epochs that can be shown, oldest first, counted as in the charts. */
  epochs: number[];
  epoch: number;
  last_epoch: number;
  samples: number;
  /** Most important first. */
  figures: Figure[];
  /** Null while no view watches the tab. */
  details: Details | null;
}

/** A figure such as accuracy; `change` since the epoch before. */
export interface Figure {
  name: string;
  value: number;
  change: number | null;
  direction: "min" | "max";
}

export interface Details {
  classes: ClassesTable | null;
  confusion: Confusion | null;
  curves: ClassCurves | null;
  regression: Regression | null;
  /** Worst first, of `mistake_count`. */
  mistakes: Sample[];
  mistake_count: number;
  watched: Sample[];
}

/** A row a class, of class numbers from 0. */
export interface ClassesTable {
  names: string[];
  /** Null for numbers. */
  names_from: Message | null;
  support: number[];
  predicted: number[];
  precision: number[];
  recall: number[];
  f1: number[];
  iou: number[] | null;
  history_of: "recall" | "iou" | "f1";
  /** A list a class, over the epochs. */
  history: number[][];
  scores: Scores | null;
}

/** (classes, bins) counts of samples by score, of those with and without the class. */
export interface Scores {
  bins: number;
  positive: Uint32Array;
  negative: Uint32Array;
  threshold: number;
}

/** Counts of (true, predicted); null with too many classes for a matrix. */
export interface Confusion {
  classes: number;
  counts: Uint32Array | null;
  before: Uint32Array | null;
  /** The most frequent errors. */
  pairs: Pair[];
}

export interface Pair {
  true: number;
  predicted: number;
  count: number;
}

export interface ClassCurves {
  /** Mean of the predicted probability, the share that was right, samples. */
  reliability: [number, number, number][];
  roc: [number, number][];
  /** (recall, precision). */
  precision_recall: [number, number][];
}

/** Targets and predictions of a column of an output, and what is between them. */
export interface Regression {
  columns: string[];
  column: number;
  true: Float32Array;
  predicted: Float32Array;
  residual_low: number;
  residual_high: number;
  residual_counts: number[];
}

/** The answer to `show_samples`. */
export interface SamplesPart {
  output: string;
  epoch: number;
  true: number | null;
  predicted: number | null;
  count: number;
  samples: Sample[];
}

export interface Sample {
  key: string;
  /** The row in the validation data, if known. */
  index: number | null;
  /** Code that fetches it, or "". */
  code: string;
  true: string;
  predicted: string;
  right: boolean | null;
  probability: number | null;
  loss: number;
  looks: Looks | null;
}

export const LOOKS = ["picture", "text", "row", "series", "sound", "values"] as const;

/** What a sample looks like; pictures by their hash. */
export interface Looks {
  kind: (typeof LOOKS)[number];
  picture?: string;
  text?: string;
  /** (name, value, whether it is unusual). */
  row?: [string, string, boolean][];
  /** How many values the row has, if only some are sent. */
  row_count?: number;
  series?: number[][];
  /** Hz. */
  sample_rate?: number;
  true_picture?: string;
  predicted_picture?: string;
  true_series?: number[][];
  predicted_series?: number[][];
  true_boxes?: Box[];
  predicted_boxes?: Box[];
}

/** As shares of the picture; `score` of a prediction. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
  name: string;
  score: number | null;
}

/** The answer to `show_sample` and `explain`. */
export interface SampleDetails {
  sample: Sample;
  top: [string, number][];
  /** (epoch, predicted, loss). */
  history: [number, string, number][];
  explanation: Explanation | null;
}

export const METHODS = ["grad_cam", "occlusion", "integrated_gradients"] as const;

export interface Explanation {
  method: (typeof METHODS)[number];
  text: Message;
  picture: string | null;
  /** From −1 to 1, one a token, column or time step. */
  shares: number[] | null;
}

export const MEASURE_STATES = ["available", "preparing", "measured", "off"] as const;

export interface LayersPart {
  state: State;
  reason: Message | null;
  step: number;
  findings: Finding[];
  layers: LayerReading[];
  measure: (typeof MEASURE_STATES)[number];
  measure_reason: Message | null;
}

/** A layer with variables; numbers are of `sampled` of its `size` values. */
export interface LayerReading {
  name: string;
  class_name: string;
  size: number;
  sampled: number;
  norm: number;
  norm_history: number[];
  /** ‖change‖ / ‖weights‖ of one step. */
  update: number | null;
  gradient: number | null;
  zeros: number;
  low: number;
  high: number;
  /** The latest last; 64 bins of 0…255 each. */
  histograms: Uint8Array[];
  measured: Measured | null;
}

export interface Measured {
  gradient: number | null;
  mean: number;
  deviation: number;
  zeros: number;
  dead: number;
}

export const LEVELS = ["error", "warning", "hint"] as const;

export interface Finding {
  id: string;
  level: (typeof LEVELS)[number];
  title: string;
  text: string;
  /** A layer's name or an argument of compile or fit; "" for the data. */
  where: string;
  code: string;
  rows: number[];
  row_count: number;
}

export interface DataPart {
  state: State;
  reason: Message | null;
  part_of: Message | null;
  findings: Finding[];
  dismissed: number;
  balance: Balance | null;
  inputs: ValueRange[];
  samples: Sample[];
}

/** A row a class. */
export interface Balance {
  names: string[];
  training: number[];
  validation: number[] | null;
}

export interface ValueRange {
  name: string;
  shape: (number | null)[];
  dtype: string;
  split: "training" | "validation";
  low: number;
  high: number;
  mean: number;
  deviation: number;
  nan: number;
  infinite: number;
}
