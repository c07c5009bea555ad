/** The newest values of a metric, as a chart's header and the status bar show them. */

import type { MetricInfo } from "./protocol";
import type { RunStore } from "./store";

/** Null where there is no value yet. */
export interface LatestValues {
  batch: number | null;
  training: number | null;
  validation: number | null;
}

/** Return the newest value of each kind in this fit, which may continue the curves of another. */
export function latestValues(store: RunStore, metric: Pick<MetricInfo, "name">): LatestValues {
  const lastBatch = store.batch.rows - 1;
  const mean = `mean/${metric.name}`;
  const hasBatch = store.batch.has(mean) && store.batch.at("epoch", lastBatch) > firstEpoch(store);
  return {
    batch: hasBatch ? store.batch.at(mean, lastBatch) : null,
    training: lastOfEpochs(store, `training/${metric.name}`),
    validation: lastOfEpochs(store, `validation/${metric.name}`),
  };
}

/**
 * Return the value of the fit's last epoch that has one. Those of an epoch that was stopped early
 * are means over a few batches: they count where there is no whole epoch, or if they are not finite.
 */
function lastOfEpochs(store: RunStore, column: string): number | null {
  const before = firstEpoch(store);
  let ofPartial: number | null = null;
  for (let row = store.epoch.rows - 1; row >= 0; row--) {
    if (store.epoch.at("epoch", row) <= before) break;
    if (!store.isReported(column, row)) continue;
    const value = store.epoch.at(column, row);
    if (!store.isPartial(row) || !Number.isFinite(value)) return value;
    ofPartial ??= value;
  }
  return ofPartial;
}

/** Return where the fit begins on the epoch axis. */
function firstEpoch({ run }: RunStore): number {
  return run ? run.initial_epoch + run.epochs_before : 0;
}
