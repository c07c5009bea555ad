/** The rows of the table of classes, sorted as the user chose. */

import type { ClassesTable } from "./protocol";

export const CLASS_COLUMNS = ["name", "support", "precision", "recall", "f1", "iou"] as const;
export type ClassColumn = (typeof CLASS_COLUMNS)[number];

export interface ClassSorting {
  column: ClassColumn;
  descending: boolean;
}

/** Return the order of the classes in which a table is shown at first: the worst first. */
export function firstSorting({ history_of }: ClassesTable): ClassSorting {
  return { column: history_of, descending: false };
}

/** Return the columns that a table has. */
export function columnsOf(table: ClassesTable): ClassColumn[] {
  if (!table.iou) return ["name", "support", "precision", "recall", "f1"];
  return ["name", "support", "iou", "precision", "recall"];
}

/** Return class numbers in order; classes without a value come last. */
export function sortClasses(table: ClassesTable, { column, descending }: ClassSorting): number[] {
  const rows = table.names.map((_, row) => row);
  if (column === "name") {
    const order = (a: number, b: number) =>
      table.names_from
        ? table.names[a]!.localeCompare(table.names[b]!, undefined, { numeric: true })
        : a - b;
    return rows.sort((a, b) => (descending ? order(b, a) : order(a, b)));
  }
  const values = table[column] ?? table.recall;
  const rank = (row: number) => {
    const value = values[row] ?? NaN;
    return Number.isNaN(value) ? Infinity : descending ? -value : value;
  };
  return rows.sort((a, b) => compare(rank(a), rank(b)) || a - b);
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
