/** The table of the fits of a view as plain data: one row a fit, sorted by a column. */

import { latestValues } from "./latestValues";
import type { Status } from "./protocol";
import type { RunStore } from "./store";

/** A value of each fit: the last one of a metric as Keras names it, or the best one. */
export interface FitColumn {
  key: string;
  metric: string;
  kind: "training" | "validation" | "best";
  direction: "min" | "max" | null;
}

export interface FitRow {
  fit: number;
  name: string;
  status: Status;
  /** Whether its loss is NaN or infinite. */
  diverged: boolean;
  /** Finished and wanted. */
  epochs: number;
  allEpochs: number;
  seconds: number;
  /** By the key of the column; a fit that has no such value is missing. */
  values: Map<string, number>;
}

/** A field of a row that can be sorted by, or the key of a column. */
type SortField = "fit" | "name" | "epochs" | "seconds";
export type SortKey = SortField | (string & {});

export interface Sorting {
  key: SortKey;
  descending: boolean;
}

/** Return the columns that at least one fit has a value for, in the order of the metrics. */
export function fitColumns(stores: readonly RunStore[]): FitColumn[] {
  const columns = new Map<string, FitColumn>();
  for (const store of stores) {
    for (const { name: metric, direction } of store.run?.metrics ?? []) {
      const add = (key: string, kind: FitColumn["kind"], there: boolean) => {
        if (there && !columns.has(key)) columns.set(key, { key, metric, kind, direction });
      };
      add(metric, "training", store.epoch.has(`training/${metric}`));
      add(`val_${metric}`, "validation", store.epoch.has(`validation/${metric}`));
      add(`best ${metric}`, "best", store.best.has(metric));
    }
  }
  const order = [...new Set([...columns.values()].map(({ metric }) => metric))];
  return [...columns.values()].sort((a, b) => order.indexOf(a.metric) - order.indexOf(b.metric));
}

/** Return the row of a fit; null before its first message. */
export function fitRow(store: RunStore, columns: readonly FitColumn[]): FitRow | null {
  const { run, progress } = store;
  if (!run || !progress) return null;
  const values = new Map<string, number>();
  for (const { key, metric, kind } of columns) {
    const value =
      kind === "best" ? store.best.get(metric)?.value : latestValues(store, { name: metric })[kind];
    if (value != null) values.set(key, value);
  }
  const last = store.epoch.rows - 1;
  // After a rewind, epochs end at fractions of the axis; the table has float32.
  const done = Math.ceil(store.epoch.at("epoch", last) - 1e-3) - (store.isPartial(last) ? 1 : 0);
  const before = run.initial_epoch + run.epochs_before;
  return {
    fit: run.fit,
    name: run.model_name,
    status: progress.status,
    diverged: progress.diverged,
    epochs: Number.isNaN(done) ? 0 : Math.max(0, done - before),
    allEpochs: run.epochs - run.initial_epoch - (run.epochs_rewound ?? 0),
    seconds: progress.elapsed_seconds,
    values,
  };
}

/** Return the rows in the order of `sorting`; those without a value come last. */
export function sortFitRows(rows: readonly FitRow[], { key, descending }: Sorting): FitRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [sortValue(a, key), sortValue(b, key)];
    if (isMissing(left) || isMissing(right)) {
      return Number(isMissing(left)) - Number(isMissing(right)) || a.fit - b.fit;
    }
    const order =
      typeof left === "string"
        ? left.localeCompare(String(right), undefined, { numeric: true })
        : left! - (right as number);
    return sign * order || a.fit - b.fit;
  });
}

/** Return the fits whose value in a column is the best of all; none if there is nothing to compare. */
export function bestFits(rows: readonly FitRow[], { key, direction }: FitColumn): Set<number> {
  const known = rows.filter(({ values }) => Number.isFinite(values.get(key)));
  if (!direction || known.length < 2) return new Set();
  const all = known.map(({ values }) => values.get(key)!);
  const best = direction === "min" ? Math.min(...all) : Math.max(...all);
  return new Set(known.filter(({ values }) => values.get(key) === best).map(({ fit }) => fit));
}

function sortValue(row: FitRow, key: SortKey): number | string | undefined {
  return isField(key) ? row[key] : row.values.get(key);
}

function isField(key: string): key is SortField {
  return key === "fit" || key === "name" || key === "epochs" || key === "seconds";
}

function isMissing(value: number | string | undefined): boolean {
  return value === undefined || Number.isNaN(value);
}
