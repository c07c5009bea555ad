/** The newest values of a metric, as a chart's header and the status bar show them. */

import type { MetricInfo } from "./protocol";
import type { RunStore } from "./store";

/** Null where there is no value yet. */
export interface LatestValues {
  batch: number | null;
  training: number | null;
  validation: number | null;
}

/** Return the newest value of each kind. */
export function latestValues(store: RunStore, metric: MetricInfo): LatestValues {
  const at = (columns: RunStore["batch"], name: string, row: number) =>
    columns.has(name) && row >= 0 ? columns.at(name, row) : null;
  let validated = store.epoch.has(`validation/${metric.name}`) ? store.epoch.rows - 1 : -1;
  while (validated >= 0 && !store.wasValidated(validated)) validated--;
  return {
    batch: at(store.batch, `mean/${metric.name}`, store.batch.rows - 1),
    training: at(store.epoch, `training/${metric.name}`, store.epoch.rows - 1),
    validation: at(store.epoch, `validation/${metric.name}`, validated),
  };
}
