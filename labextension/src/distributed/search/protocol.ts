/**
 * The messages between the view of a search and the kernel.
 *
 * The mirror of `kwidgets/distributed/search/protocol.py`, field for field, in the wire's own
 * snake_case. The view sends requests; the kernel sends nothing else but their answers. After
 * `parse.ts`, numbers are numbers.
 */

export const SEARCH_MIME_TYPE = "application/vnd.kwidgets.search+json";
export const SEARCH_ANSWER = "search_answer";

export const TRIAL_STATES = [
  "queued",
  "running",
  "complete",
  "pruned",
  "failed",
  "interrupted",
] as const;
export type TrialState = (typeof TRIAL_STATES)[number];

export const STATUSES = [
  "running",
  "paused",
  "stopping",
  "finished",
  "stopped",
  "interrupted",
  "failed",
] as const;
export type Status = (typeof STATUSES)[number];

export const DIRECTIONS = ["minimize", "maximize"] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const COMMANDS = ["pause", "resume", "stop", "stop_trial"] as const;
export type Command = (typeof COMMANDS)[number];

export type ParamValue = string | number | boolean | null;

export interface Trial {
  number: number;
  state: TrialState;
  params: Map<string, ParamValue>;
  /** Null without one. */
  value: number | null;
  /** The curve: epochs, from 1, and the values of the metric after them. */
  epochs: number[];
  values: number[];
  /** Epochs that were trained. */
  trained: number;
  /** Null while it runs. */
  seconds: number | null;
  detail: string;
  /** The ids of its recorded runs. */
  runs: string[];
}

export interface Param {
  name: string;
  /** Null where it has choices. */
  low: number | null;
  high: number | null;
  log: boolean;
  choices: ParamValue[];
}

export interface Importance {
  name: string;
  /** From 0 to 1. */
  share: number;
}

export interface Search {
  search: string;
  title: string;
  /** "" until it is known. */
  metric: string;
  direction: Direction;
  planned: number | null;
  status: Status;
  detail: string;
  notes: string[];
  params: Param[];
  importance: Importance[];
  best: number | null;
  /** The ids of the live view of its fits, and of that view's widget; "" without one. */
  live: string;
  live_widget: string;
  seconds: number;
  storage: string;
  /** Whether it can be paused and stopped. */
  controls: boolean;
}

export interface Changes {
  revision: number;
  search: Search;
  trials: Trial[];
}

export interface SavedSearch {
  search: Search;
  trials: Trial[];
  count: number;
  final: boolean;
}

/** The requests of a view, with the payload and the answer of each. */
export interface Requests {
  search_state: { payload: { search: string; since: number }; answer: Changes };
  search_command: { payload: { search: string; do: Command }; answer: null };
  search_bundle: { payload: { search: string }; answer: Record<string, unknown> };
}

export type RequestKind = keyof Requests;

export const REQUEST_KINDS: readonly RequestKind[] = [
  "search_state",
  "search_command",
  "search_bundle",
];
