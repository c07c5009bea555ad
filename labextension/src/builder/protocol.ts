/**
 * The messages between a builder's kernel and its views.
 *
 * The mirror of `kwidgets/builder/protocol.py`, field for field, in the wire's own snake_case.
 */

import { PROTOCOL_VERSION } from "../protocol";

export const BUILDER_MIME_TYPE = "application/vnd.kwidgets.builder+json";

export const BUILDER_KERNEL_KINDS = ["snapshot", "update", "reply"] as const;
export const BUILDER_VIEW_KINDS = [
  "edit",
  "search",
  "train",
  "refresh",
  "reset",
  "bundle",
  "model",
  "resync",
] as const;

export const INPUT = "input";
export const COMPILE = "compile";
export const FIT = "fit";

/** JSON, with objects of one special key for values that JSON lacks; see the Python side. */
export type Value = null | boolean | number | string | Value[] | ValueObject;
export type ValueObject =
  | ObjectValue
  | { reference: string; text: string }
  | { mapping: Record<string, Value> }
  | { number: string }
  | { variable: string };
export interface ObjectValue {
  class_name: string;
  arguments: Record<string, Value>;
}

export type Path = (string | number)[];
export type Shape = (number | null)[];

export const FIELD_KINDS = [
  "activation",
  "bool",
  "choice",
  "data",
  "dtype",
  "float",
  "int",
  "ints",
  "numbers",
  "object",
  "objects",
  "python",
  "reference",
  "shape",
  "text",
  "texts",
] as const;
export type FieldKind = (typeof FIELD_KINDS)[number];

export const LAYER_STATUSES = ["ok", "error", "blocked", "off", "unknown"] as const;
export type LayerStatus = (typeof LAYER_STATUSES)[number];

/** One field of a form. */
export interface Parameter {
  name: string;
  field: FieldKind;
  required: boolean;
  default: Value;
  nullable: boolean;
  basic: boolean;
  help: string;
  choices?: Value[];
  section?: string;
  minimum?: number;
}

/** A class of the catalog. */
export interface Entry {
  key: string;
  name: string;
  group: string;
  summary: string;
  parameters: Parameter[];
  unusable: string;
}

export interface Template {
  name: string;
  title: string;
  summary: string;
}

export interface Catalog {
  keras_version: string;
  entries: Record<string, Entry>;
  sections: Record<string, string[]>;
  activations: string[];
  templates: Template[];
  forms: Record<string, Parameter[]>;
}

export interface LayerError {
  text: string;
  detail: string;
  parameter: string | null;
}

/** The state of one layer, shown as a card. */
export interface LayerState {
  uid: string;
  class_name: string;
  title: string;
  summary: string;
  name: string | null;
  arguments: Record<string, Value>;
  enabled: boolean;
  children: string[] | null;
  status: LayerStatus;
  error: LayerError | null;
  output_shape: Shape | null;
  output_dtype: string | null;
  parameters: number | null;
  trainable: number | null;
  weight_bytes: number | null;
  output_bytes: number | null;
  trained: boolean;
}

export interface Totals {
  parameters: number;
  trainable: number;
  weight_bytes: number;
  output_shape: Shape | null;
  complete: boolean;
}

export const ADVICE_LEVELS = ["error", "warning", "tip"] as const;
export interface Advice {
  id: string;
  level: (typeof ADVICE_LEVELS)[number];
  title: string;
  text: string;
  target: string | null;
  fix: string | null;
}

export interface HistoryState {
  undo: string | null;
  redo: string | null;
}

export interface FormState {
  arguments: Record<string, Value>;
  errors: Record<string, string>;
}

/** A variable of the notebook that fit accepts as data. */
export interface DataState {
  name: string;
  kind: string;
  shape: string;
  dtype: string;
  roles: string[];
}

export interface RunState {
  status: string;
  detail: string;
  live: string | null;
  blocked: string;
}

export interface Code {
  source: string;
  notes: string[];
}

export interface State {
  sequence: number;
  name: string;
  input: LayerState;
  order: string[];
  layers: Record<string, LayerState>;
  totals: Totals;
  advice: Advice[];
  history: HistoryState;
  compile: FormState;
  fit: FormState;
  data: DataState[];
  run: RunState;
  code: Code;
}

/** The changed sections; `layers` contains only the changed layers. */
export type StateUpdate = { sequence: number } & Partial<State>;

export interface Placement {
  parent: string | null;
  index: number | null;
  /** The layer that comes next there, null for the end; `index` counts where it is gone. */
  before: string | null;
}

export type Edit =
  | ({ action: "add"; uid: string; text: string } & Placement)
  | ({
      action: "add";
      uid: string;
      class_name: string;
      arguments: Record<string, Value>;
    } & Placement)
  | { action: "set"; target: string; path: Path; text: string }
  | { action: "set"; target: string; path: Path; value: Value }
  | { action: "reset"; target: string; path: Path }
  | ({ action: "move"; uid: string } & Placement)
  | { action: "duplicate"; uid: string; copy: string }
  | { action: "remove"; uid: string }
  | { action: "enable"; uid: string; enabled: boolean }
  | { action: "template"; name: string }
  | { action: "fix"; advice: string }
  | { action: "undo" | "redo" };

export interface SearchOption {
  class_name: string;
  arguments: Record<string, Value>;
  title: string;
  detail: string;
  group: string;
}

export interface Reply {
  ok: boolean;
  message: string;
  result: Record<string, unknown>;
}

/** The messages of a view, with the payload of each. */
export interface BuilderPayloads {
  edit: Edit;
  search: { text: string };
  train: Record<string, never>;
  refresh: Record<string, never>;
  reset: Record<string, never>;
  bundle: Record<string, never>;
  /** Asks for the key of the model, which the kernel makes if there is none. */
  model: Record<string, never>;
  resync: Record<string, never>;
}
export type BuilderViewKind = keyof BuilderPayloads;

export type BuilderMessage =
  | { kind: "snapshot"; payload: State }
  | { kind: "update"; payload: StateUpdate }
  | { kind: "reply"; id: string; payload: Reply };

/** Wrap `payload` for the wire. */
export function builderEnvelope<K extends BuilderViewKind>(
  kind: K,
  payload: BuilderPayloads[K],
  id: string,
) {
  return { v: PROTOCOL_VERSION, kind, id, payload };
}
