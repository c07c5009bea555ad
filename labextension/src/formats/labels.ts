/** Words and numbers, in the page's language, for the verdicts and values of an export. */

import { formatCount, formatValue } from "../shared/format";
import { t } from "../shared/translation";
import type { DifferenceRow, ExportRow, ExportState, LatencyRow, SlimMethod } from "./protocol";

/** What a verdict means to the user: the file can be used, with care, or not. */
export type VerdictLevel = "good" | "fair" | "bad" | "open" | "none";

export interface Verdict {
  level: VerdictLevel;
  /** A sign beside the words, so that rows can be told apart at a glance without colours. */
  sign: string;
  text: string;
}

/** Differences up to this share of the largest output are those of rounding 32-bit numbers. */
const ROUNDING = 1e-3;
/** … and up to this one, of smaller numbers. */
const CLOSE = 5e-2;

export function verdictOf({ status, difference }: ExportRow): Verdict {
  switch (status) {
    case "waiting":
      return { level: "none", sign: "·", text: t("Waiting") };
    case "converting":
      return { level: "open", sign: "…", text: t("Converting") };
    case "checking":
      return { level: "open", sign: "…", text: t("Comparing") };
    case "measuring":
      return { level: "open", sign: "…", text: t("Measuring") };
    case "unproved":
      return { level: "fair", sign: "?", text: t("Not compared") };
    case "missing":
      return { level: "none", sign: "–", text: t("Not installed") };
    case "failed":
      return { level: "bad", sign: "✕", text: t("Failed") };
    case "stopped":
      return { level: "none", sign: "■", text: t("Stopped") };
    case "done":
      return difference === null
        ? { level: "fair", sign: "?", text: t("Not compared") }
        : compared(difference);
  }
}

function compared({ maximum, scale, same_class }: DifferenceRow): Verdict {
  if (maximum === 0) return { level: "good", sign: "✓", text: t("Identical") };
  if (maximum <= ROUNDING * scale && same_class !== 0) {
    return same_class === null || same_class === 1
      ? { level: "good", sign: "✓", text: t("Same but for rounding") }
      : { level: "fair", sign: "≈", text: t("Nearly the same") };
  }
  if (same_class === 1)
    return { level: "fair", sign: "≈", text: t("Nearly the same, same classes") };
  if (maximum <= CLOSE * scale) return { level: "fair", sign: "≈", text: t("Nearly the same") };
  return { level: "bad", sign: "≠", text: t("Different") };
}

/** Return a small number with two digits: 2.4e-7, 0. */
export function formatDifference(value: number): string {
  if (value === 0) return "0";
  return Number.isFinite(value) ? value.toExponential(1) : formatValue(value);
}

/** Return a share as percent; 100 % only where it is all. */
export function formatShare(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  return `${Math.min(99.99, share * 100).toFixed(2)} %`;
}

export function formatMilliseconds(value: number): string {
  return value >= 99.5 ? formatCount(value) : value.toPrecision(value >= 9.95 ? 3 : 2);
}

/** Return the times with one thread, or with all; with one processor these are the same. */
export function latencyWith(one: boolean, latency: readonly LatencyRow[]): LatencyRow | null {
  const found = latency.find(({ threads }) => (threads === 1) === one);
  return found ?? (latency.length === 1 ? (latency[0] ?? null) : null);
}

/** Return the metrics that have a column: all but the loss, or else the loss. */
export function metricColumns({ metrics }: Pick<ExportState, "metrics">): string[] {
  const names = metrics.map(({ name }) => name);
  const others = names.filter((name) => name !== "loss");
  return (others.length ? others : names).slice(0, 3);
}

/** Return the last part of a path, of any system. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

export function slimLabel(method: SlimMethod): string {
  return {
    int8: t("8-bit integers"),
    int4: t("4-bit integers"),
    float16: t("16-bit numbers"),
    dead_units: t("Without dead units"),
  }[method];
}
