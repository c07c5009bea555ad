/**
 * Stores in the page how a user chose to see a run. When a fit ends, the saved run replaces the
 * live one in the notebook, drawn by another host, and should look the same.
 */

import type { ChartOptions } from "./chart/curves";
import type { Range } from "./chart/ranges";

export interface ViewChoices {
  options: ChartOptions;
  table: boolean;
  zoom: Range | null;
  /** Names of the metrics that are shown; null for those that are shown by default. */
  metrics: readonly string[] | null;
}

const KEY = Symbol.for("kwidgets.choices@1");

function all(): Map<string, Partial<ViewChoices>> {
  const page = globalThis as unknown as Record<
    symbol,
    Map<string, Partial<ViewChoices>> | undefined
  >;
  page[KEY] ??= new Map();
  return page[KEY];
}

export function loadViewChoices(runId: string): Partial<ViewChoices> {
  return all().get(runId) ?? {};
}

export function saveViewChoices(runId: string, choices: Partial<ViewChoices>): void {
  all().set(runId, { ...loadViewChoices(runId), ...choices });
}
