/** Labels, in the page's language, for the states, scopes, parts and times of recorded runs. */

import { pageLanguage, t } from "../shared/translation";
import type { CheckpointRow, Part, RunRow, RunState, Scope } from "./protocol";
import { runTitle } from "./runRows";

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

/** Return the titles of runs; those of several of the same title with when they began. */
export function distinctTitles(rows: readonly RunRow[]): string[] {
  const titles = rows.map(runTitle);
  return rows.map((row, i) => {
    const isUnique = titles.filter((other) => other === titles[i]).length === 1;
    return isUnique ? titles[i]! : `${titles[i]} ${startLabel(row.created)}`;
  });
}
