/** The table of runs as plain data: its columns, and the rows in the order of one of them. */

import type { RunRow } from "./protocol";

/** A value of a metric: the last one as Keras names it, or the best one. */
export interface ValueColumn {
  key: string;
  metric: string;
  kind: "last" | "best";
  direction: "min" | "max" | null;
}

/** A field that can be sorted by, or the key of a column. */
export type SortField = "name" | "state" | "created" | "seconds" | "epoch" | "tags" | "bytes";
export type SortKey = SortField | (string & {});

export interface Sorting {
  key: SortKey;
  descending: boolean;
}

type NumberField = "created" | "seconds" | "epoch" | "bytes";
const NUMBERS: readonly NumberField[] = ["created", "seconds", "epoch", "bytes"];

export const NEWEST_FIRST: Sorting = { key: "created", descending: true };

/** Return what a run is called: its own name, that of its model, or its id. */
export function runTitle({ name, model_name, id }: RunRow): string {
  return name || model_name || id;
}

/** Return the number of each run among those of the same title, from the oldest; none if it is alone. */
export function numbersOfTitles(rows: readonly RunRow[]): Map<string, number> {
  const groups = new Map<string, RunRow[]>();
  for (const row of rows) {
    const title = runTitle(row);
    const group = groups.get(title);
    if (group) group.push(row);
    else groups.set(title, [row]);
  }
  const numbers = new Map<string, number>();
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    group.sort((a, b) => a.created - b.created);
    for (const [i, { id }] of group.entries()) numbers.set(id, i + 1);
  }
  return numbers;
}

/** Return the column that says most of a run: the best loss, or the first best value. */
export function mainColumn(columns: readonly ValueColumn[]): ValueColumn | undefined {
  const best = columns.filter(({ kind }) => kind === "best");
  return best.find(({ metric }) => metric === "loss") ?? best[0];
}

/** Return the columns that at least one run has a value for, in the order of the metrics. */
export function valueColumns(rows: readonly RunRow[]): ValueColumn[] {
  const columns = new Map<string, ValueColumn>();
  for (const { metrics, values, best } of rows) {
    for (const { name: metric, direction } of metrics) {
      for (const [key, kind, there] of [
        // First what runs are compared by: a narrow table shows no more.
        [`val_${metric}`, "last", values.has(`val_${metric}`)],
        [metric, "last", values.has(metric)],
        [`best ${metric}`, "best", best.has(metric)],
      ] as const) {
        if (there && !columns.has(key)) columns.set(key, { key, metric, kind, direction });
      }
    }
  }
  const order = [...new Set([...columns.values()].map(({ metric }) => metric))];
  return [...columns.values()].sort((a, b) => order.indexOf(a.metric) - order.indexOf(b.metric));
}

/** Return the value of a run in a column. */
export function valueIn(row: RunRow, { key, metric, kind }: ValueColumn): number | undefined {
  return kind === "best" ? row.best.get(metric) : row.values.get(key);
}

/** Return the runs in the order of `sorting`; those without a value come last. */
export function sortRunRows(
  rows: readonly RunRow[],
  columns: readonly ValueColumn[],
  { key, descending }: Sorting,
): RunRow[] {
  const column = columns.find((column) => column.key === key);
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [a, b].map((row) => (column ? valueIn(row, column) : field(row, key)));
    const newestFirst = b.created - a.created;
    if (isMissing(left) || isMissing(right)) {
      return Number(isMissing(left)) - Number(isMissing(right)) || newestFirst;
    }
    const order =
      typeof left === "string"
        ? left.localeCompare(String(right), undefined, { numeric: true })
        : (left as number) - (right as number);
    return sign * order || newestFirst;
  });
}

/**
 * Return the runs whose value in a column is the best of all; none if there is nothing to compare.
 * A loss of one task says nothing about that of another: runs of one notebook with equal metrics
 * are compared.
 */
export function bestRuns(rows: readonly RunRow[], column: ValueColumn): Set<string> {
  const tasks = new Set<string>();
  const known = rows.flatMap((row) => {
    const value = valueIn(row, column);
    if (value === undefined || !Number.isFinite(value)) return [];
    tasks.add(JSON.stringify([row.notebook, row.metrics.map(({ name }) => name).sort()]));
    return [{ id: row.id, value }];
  });
  if (!column.direction || known.length < 2 || tasks.size > 1) return new Set();
  const sign = column.direction === "min" ? 1 : -1;
  const best = Math.min(...known.map(({ value }) => sign * value));
  return new Set(known.filter(({ value }) => sign * value === best).map(({ id }) => id));
}

function field(row: RunRow, key: SortKey): number | string | undefined {
  if (key === "name") return runTitle(row);
  if (key === "tags") return row.tags.join(", ") || undefined;
  if (key === "state") return row.diverged ? `${row.state} diverged` : row.state;
  return NUMBERS.includes(key as NumberField) ? row[key as NumberField] : undefined;
}

function isMissing(value: number | string | undefined): boolean {
  return value === undefined || Number.isNaN(value);
}
