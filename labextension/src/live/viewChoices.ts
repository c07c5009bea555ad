/**
 * What a user chose to see of a run, kept as long as the page: when a fit ends, the saved run takes
 * the live one's place in the notebook, drawn by another host, and should look the same.
 */

import type { ChartOptions } from "./chart/curves";
import type { Range } from "./chart/ranges";

export interface Choices {
  options: ChartOptions;
  table: boolean;
  zoom: Range | null;
  /** Names of the metrics that are shown; null for those that are shown by themselves. */
  metrics: readonly string[] | null;
}

const KEY = Symbol.for("kwidgets.choices@1");

function all(): Map<string, Partial<Choices>> {
  const page = globalThis as unknown as Record<symbol, Map<string, Partial<Choices>> | undefined>;
  page[KEY] ??= new Map();
  return page[KEY];
}

export function recallChoices(runId: string): Partial<Choices> {
  return all().get(runId) ?? {};
}

export function rememberChoices(runId: string, choices: Partial<Choices>): void {
  all().set(runId, { ...recallChoices(runId), ...choices });
}
