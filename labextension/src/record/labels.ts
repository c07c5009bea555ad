/** Labels, in the page's language, for the states, scopes, parts and times of recorded runs. */

import { formatCount } from "../shared/format";
import { pageLanguage, t } from "../shared/translation";
import type { CheckpointRow, Part, RunRow, RunState, Scope } from "./protocol";

export function stateLabel({ state, diverged }: Pick<RunRow, "state" | "diverged">): string {
  const labels: Record<RunState, string> = {
    running: t("running"),
    finished: t("finished"),
    stopped: t("stopped"),
    interrupted: t("interrupted"),
    failed: t("failed"),
    died: t("died"),
  };
  return diverged ? t("%1, diverged", labels[state]) : labels[state];
}

/** Return what a state means, for those that are not plain. */
export function stateExplanation({ state, detail }: Pick<RunRow, "state" | "detail">): string {
  const text: Partial<Record<RunState, string>> = {
    died: t("The process ended during the training, without saying why."),
    interrupted: t("Interrupted with Ctrl-C or the kernel's stop button."),
    stopped: t("Stopped before its last epoch."),
  };
  return [text[state], detail].filter(Boolean).join(" ");
}

export function scopeLabel(scope: Scope): string {
  return {
    notebook: t("This notebook"),
    folder: t("This folder"),
    all: t("All folders"),
  }[scope];
}

export function partLabel(part: Part | "model"): string {
  return {
    model: t("Model"),
    compile: t("Compile"),
    fit: t("Fit arguments"),
    data: t("Data"),
    seeds: t("Seeds"),
    versions: t("Versions"),
    environment: t("Environment"),
  }[part];
}

export function reasonLabel({ reason }: Pick<CheckpointRow, "reason">): string {
  const labels: Record<string, string> = {
    interval: t("at an interval"),
    best: t("best epoch"),
    user: t("by you"),
    before: t("before a change"),
    end: t("at the end"),
  };
  return labels[reason] ?? reason;
}

/** Return a time as short as it is clear: with the year only if it is another one. */
export function startLabel(unixSeconds: number, now = new Date()): string {
  const date = new Date(unixSeconds * 1000);
  const sameYear = date.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(pageLanguage(), {
    ...(sameYear ? {} : { year: "numeric" }),
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(date);
}

/** Return a time with all that is known of it. */
export function fullTimeLabel(unixSeconds: number): string {
  return new Intl.DateTimeFormat(pageLanguage(), {
    dateStyle: "long",
    timeStyle: "medium",
  }).format(new Date(unixSeconds * 1000));
}

export function runCount(count: number): string {
  return count === 1 ? t("1 run") : t("%1 runs", formatCount(count));
}

/** Return how a run goes on from its parent, or "" if it has none. */
export function parentLabel({ parent }: Pick<RunRow, "parent">, parentTitle: string): string {
  if (!parent) return "";
  const step = formatCount(parent.step);
  const labels: Record<string, string> = {
    resume: t("Resumed from %1 at step %2", parentTitle, step),
    weights: t("Began with the weights of %1 at step %2", parentTitle, step),
    rewind: t("Rewound from %1 to step %2", parentTitle, step),
    continued: t("Continues %1 after step %2", parentTitle, step),
  };
  return labels[parent.how] ?? t("Continues %1 after step %2", parentTitle, step);
}
