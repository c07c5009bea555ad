/**
 * The messages about a kernel's models.
 *
 * The mirror of `kwidgets/models/summary_data.py` and `kwidgets/models/protocol.py`, field for
 * field, in the wire's own snake_case.
 */

/** A summary in a notebook's output: an envelope whose payload is gzipped JSON in base64. */
export const SUMMARY_MIME_TYPE = "application/vnd.kwidgets.summary+json";

export type Shape = readonly (number | null)[];

export const LAYER_KINDS = ["input", "layer", "model", "operation"] as const;

/** One layer, or nested model, with its children. An unknown value is `null`. */
export interface LayerSummary {
  /** Indices of `children` from the model down: "3.0.1"; "" is the model. */
  path: string;
  name: string;
  class_name: string;
  kind: (typeof LAYER_KINDS)[number];
  built: boolean;
  input_shapes: Shape[] | null;
  output_shapes: Shape[] | null;
  parameters: number | null;
  trainable_parameters: number | null;
  weight_bytes: number | null;
  dtype: string;
  activation: string | null;
  trainable: boolean;
  inbound: string[];
  calls: number;
  shared_with: string | null;
  problem: string | null;
  children: LayerSummary[];
}

export interface Compiled {
  optimizer: string;
  loss: string;
  metrics: string[];
}

export interface Trained {
  steps: number;
  epochs: number | null;
  seconds: number | null;
}

export interface InputGuess {
  shapes: string;
  source: string;
}

export interface ModelSummary {
  root: LayerSummary;
  parameters: number | null;
  trainable_parameters: number | null;
  weight_bytes: number | null;
  optimizer_parameters: number | null;
  optimizer_bytes: number | null;
  compiled: Compiled | null;
  trained: Trained | null;
  /** The input shapes from which the summary was inferred; null for the model's own. */
  inferred_from: string | null;
  guesses: InputGuess[];
  notes: string[];
}

export interface ModelEntry {
  key: string;
  /** The expressions for it in the notebook's namespace, the simplest first. */
  names: string[];
  name: string;
  class_name: string;
  built: boolean;
  parameters: number | null;
  weight_bytes: number | null;
  num_layers: number;
  compiled: Compiled | null;
  trained: Trained | null;
  run_id: string | null;
  revision: string;
  error: string | null;
}

export interface Histogram {
  edges: number[];
  counts: number[];
}

export interface WeightDetail {
  name: string;
  shape: number[];
  dtype: string;
  parameters: number;
  trainable: boolean;
  nan: number;
  infinite: number;
  zero: number;
  looked_at: number;
  minimum: number | null;
  maximum: number | null;
  mean: number | null;
  standard_deviation: number | null;
  histogram: Histogram | null;
  units: number | null;
  dead_units: number | null;
  problem: string | null;
}

export interface LayerDetail {
  path: string;
  name: string;
  class_name: string;
  module: string;
  config: string | null;
  config_problem: string | null;
  weights: WeightDetail[];
  trainable: boolean;
  trainable_code: string;
  when: string;
}

export interface TrainableSet {
  trainable: boolean;
  code: string;
  note: string;
}

export const EXPORT_FORMATS = ["text", "markdown", "json"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The requests of a view, with the payload and the answer of each. */
export interface Requests {
  describe: { payload: { model: string }; answer: ModelSummary };
  infer: { payload: { model: string; input_shapes: string }; answer: ModelSummary };
  detail: { payload: { model: string; layer: string }; answer: LayerDetail };
  set_trainable: {
    payload: { model: string; layers: string[]; trainable: boolean };
    answer: TrainableSet;
  };
  export: {
    payload: { model: string; format: ExportFormat; input_shapes?: string };
    answer: string;
  };
  refresh: { payload: Record<string, never>; answer: null };
}
export type RequestKind = keyof Requests;
export const REQUEST_KINDS: readonly RequestKind[] = [
  "describe",
  "infer",
  "detail",
  "set_trainable",
  "export",
  "refresh",
];
