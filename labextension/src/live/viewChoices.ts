/**
 * Stores in the page how a user chose to see a run. When a fit ends, the saved run replaces the
 * live one in the notebook, drawn by another host, and should look the same; the next fit starts
 * with the same options and metrics.
 */

import type { TabName } from "../insight/protocol";
import type { ChartOptions } from "./chart/curves";
import type { Range } from "./chart/ranges";
import type { ViewOptions } from "./protocol";

export interface ViewChoices {
  /** Null until the user has chosen one. */
  tab: TabName | null;
  options: ChartOptions;
  table: boolean;
  /** Whether the table of workers is open; null until the user has chosen. */
  workers: boolean | null;
  zoom: Range | null;
  /** Names of the metrics that are shown; null for those that are shown by default. */
  metrics: readonly string[] | null;
  /** The metric whose chart is large; null for none. */
  large: string | null;
  /** Numbers of the fits that are drawn over the one that is shown. */
  overlay: readonly number[];
}

/** What the next fit starts with too. */
export type LastingChoices = Pick<ViewChoices, "options" | "table" | "metrics">;

interface Choices {
  runs: Map<string, Partial<ViewChoices>>;
  lasting: Partial<LastingChoices>;
}

const KEY = Symbol.for("kwidgets.choices@2");
/** What a fit starts with that says nothing else; the same as in kwidgets/live/callback.py. */
const DEFAULTS: ViewOptions = { x_axis: "step", smoothing: 0, log_scale: false };

function all(): Choices {
  const page = globalThis as unknown as Record<symbol, Choices | undefined>;
  page[KEY] ??= { runs: new Map(), lasting: {} };
  return page[KEY];
}

export function loadViewChoices(runId: string): Partial<ViewChoices> {
  return all().runs.get(runId) ?? {};
}

/** Keep choices for other views of the run; those of the user also last for the next fit. */
export function saveViewChoices(runId: string, choices: Partial<ViewChoices>): void {
  all().runs.set(runId, { ...loadViewChoices(runId), ...choices });
}

export function saveLastingChoices(choices: Partial<LastingChoices>): void {
  Object.assign(all().lasting, choices);
}

/** Return how a run is shown at first: as it was before, as the code says, or as the last fit was. */
export function firstChoices(
  runId: string,
  wanted: ViewOptions,
): Pick<ViewChoices, "tab" | "options" | "table" | "workers" | "metrics" | "large" | "overlay"> {
  const known = loadViewChoices(runId);
  const { options, table, metrics } = all().lasting;
  const differs = (name: keyof ViewOptions) => wanted[name] !== DEFAULTS[name];
  const smoothing = Math.min(Math.max(wanted.smoothing, 0), 0.99);
  return {
    tab: known.tab ?? null,
    options: known.options ?? {
      xAxis: differs("x_axis") || !options ? wanted.x_axis : options.xAxis,
      smoothing: differs("smoothing") || !options ? smoothing : options.smoothing,
      logScale: differs("log_scale") || !options ? wanted.log_scale : options.logScale,
      otherScale: options?.otherScale ?? [],
      hidden: options?.hidden ?? [],
    },
    table: known.table ?? table ?? false,
    workers: known.workers ?? null,
    metrics: known.metrics ?? metrics ?? null,
    large: known.large ?? null,
    overlay: known.overlay ?? [],
  };
}
