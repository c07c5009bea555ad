/** The metrics of a run as a table: one row an epoch, columns named as Keras names them. */

import type { Split } from "./protocol";
import type { RunStore } from "./store";

export interface MetricColumn {
  name: string;
  metric: string;
  split: Split;
}

export function metricColumns(store: RunStore): MetricColumn[] {
  return (store.run?.metrics ?? []).flatMap(({ name: metric }) => {
    const columns: MetricColumn[] = [{ name: metric, metric, split: "training" }];
    if (store.epoch.has(`validation/${metric}`)) {
      columns.push({ name: `val_${metric}`, metric, split: "validation" });
    }
    return columns;
  });
}

/** Return the value of a row; null for the validation of an epoch that was not validated. */
export function metricValue(
  store: RunStore,
  { metric, split }: MetricColumn,
  row: number,
): number | null {
  if (split === "validation" && !store.wasValidated(row)) return null;
  return store.epoch.at(`${split}/${metric}`, row);
}

/** Return all rows as CSV, oldest first; NaN is left empty, as in kwidgets.History.to_csv. */
export function metricsCsv(store: RunStore): string {
  const columns = metricColumns(store);
  // The kernel sends float32: further digits are noise.
  const number = (value: number | null) =>
    value === null || Number.isNaN(value) ? "" : String(Number(value.toPrecision(7)));
  const lines = [["epoch", "step", "seconds", ...columns.map(({ name }) => name)].map(quoted)];
  for (let row = 0; row < store.epoch.rows; row++) {
    lines.push([
      ...["epoch", "step", "seconds"].map((name) => number(store.epoch.at(name, row))),
      ...columns.map((column) => number(metricValue(store, column, row))),
    ]);
  }
  return `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
