/** Labels, in the page's language, for the states and values of a search. */

import { formatDuration, formatShort, formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Direction, ParamValue, Status, Trial, TrialState } from "./protocol";

export function statusLabel(status: Status): string {
  return {
    running: t("running"),
    paused: t("paused"),
    stopping: t("stopping"),
    finished: t("finished"),
    stopped: t("stopped"),
    interrupted: t("interrupted"),
    failed: t("failed"),
  }[status];
}

export function trialLabel(state: TrialState): string {
  return {
    queued: t("queued"),
    running: t("running"),
    complete: t("complete"),
    pruned: t("pruned"),
    failed: t("failed"),
    interrupted: t("interrupted"),
  }[state];
}

/** Return what a state means, for those that are not plain, and why it came to that. */
export function trialExplanation({ state, detail }: Pick<Trial, "state" | "detail">): string {
  const text: Partial<Record<TrialState, string>> = {
    queued: t("Will be tried next."),
    pruned: t("Ended early; its value is that of its last epoch."),
    interrupted: t("Its hyperparameters are tried again."),
  };
  return [detail, text[state]].filter(Boolean).join(". ").replace("..", ".");
}

export function directionLabel(direction: Direction): string {
  return direction === "maximize" ? t("higher is better") : t("lower is better");
}

/** Return the value of a hyperparameter with few digits. */
export function formatParam(value: ParamValue | undefined): string {
  if (value === undefined) return "–";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : short(value);
  return value === null ? "None" : typeof value === "boolean" ? (value ? "True" : "False") : value;
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(1).replace(/^-/, "−");
  return formatShort(value);
}

export function formatTrialValue(value: number | null): string {
  return value === null ? "–" : formatValue(value);
}

/** Return the hyperparameters of a trial in a line. */
export function paramsLine(params: Trial["params"]): string {
  return [...params].map(([name, value]) => `${name} = ${formatParam(value)}`).join(", ");
}

export function durationLabel(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 9.95 ? t("%1 s", seconds.toFixed(1)) : formatDuration(seconds);
}

/** Return a trial and its value in a line, for its drawings. */
export function trialTitle(trial: Trial): string {
  const value = trial.value === null ? "" : ` · ${formatValue(trial.value)}`;
  return `${t("Trial %1", trial.number)} · ${trialLabel(trial.state)}${value}`;
}
