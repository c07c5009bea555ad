/** The figures of each class; a click lists the samples of one. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import {
  type ClassColumn,
  type ClassSorting,
  columnsOf,
  firstSorting,
  sortClasses,
} from "../classRows";
import type { Filter } from "../filter";
import { formatFigure } from "../labels";
import type { ClassesTable } from "../protocol";
import { type Held, moveAmong } from "./hooks";
import { ScrollTable } from "./ScrollTable";
import { Sparkline } from "./Sparkline";

interface ClassesTableViewProps {
  table: ClassesTable;
  selected: Filter;
  onSelect: (row: number) => void;
  hold: Held<unknown>;
}

const FIRST_ROWS = 200;

export function ClassesTableView({ table, selected, onSelect, hold }: ClassesTableViewProps) {
  const [chosen, setSorting] = useState<ClassSorting | null>(null);
  const [all, setAll] = useState(false);
  const [stop, setStop] = useState(0);
  const sorting = chosen ?? firstSorting(table);
  const columns = columnsOf(table);
  const order = sortClasses(table, sorting);
  // Of an evaluation, and of an epoch in a run's file, nothing is known of epochs before it.
  const hasHistory = table.history.some(({ length }) => length > 1);
  const rows = all ? order : order.slice(0, FIRST_ROWS);
  const sort = (column: ClassColumn) =>
    setSorting({
      column,
      descending: sorting.column === column ? !sorting.descending : column === "support",
    });
  return (
    <section class="kw-i-box" {...hold.handlers}>
      <div class="kw-i-head">
        <h3>{t("Classes")}</h3>
        <span class="kw-i-note">
          {hold.waits ? t("Newer numbers wait until you leave the table.") : namesText(table)}
        </span>
      </div>
      <ScrollTable label={t("Classes")}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                data-column={column}
                aria-sort={
                  sorting.column !== column
                    ? "none"
                    : sorting.descending
                      ? "descending"
                      : "ascending"
                }
              >
                <button type="button" class="kw-sort" onClick={() => sort(column)}>
                  {columnLabel(column)}
                </button>
              </th>
            ))}
            {hasHistory && (
              <th
                scope="col"
                data-column="history"
                title={t("%1 in each epoch", columnLabel(table.history_of))}
              >
                {t("by epoch")}
              </th>
            )}
          </tr>
        </thead>
        <tbody onKeyDown={moveAmong("th button", setStop)}>
          {rows.map((row, i) => {
            const isSelected = selected?.true === row && selected.predicted === undefined;
            return (
              <tr key={row} data-selected={isSelected}>
                <th scope="row">
                  <button
                    type="button"
                    class="kw-link"
                    aria-pressed={isSelected}
                    title={t("List the samples of this class")}
                    tabIndex={i === Math.min(stop, rows.length - 1) ? 0 : -1}
                    onFocus={() => setStop(i)}
                    onClick={() => onSelect(row)}
                  >
                    {table.names[row]}
                  </button>
                </th>
                {columns.slice(1).map((column) => (
                  <td key={column} data-column={column}>
                    {column === "support"
                      ? formatCount(table.support[row]!)
                      : formatFigure((table[column as "recall"] ?? [])[row] ?? NaN)}
                  </td>
                ))}
                {hasHistory && (
                  <td data-column="history">
                    <Sparkline values={table.history[row] ?? []} range={[0, 1]} width={52} />
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </ScrollTable>
      {order.length > rows.length && (
        <button type="button" class="kw-link" onClick={() => setAll(true)}>
          {t("Show all %1 classes", formatCount(order.length))}
        </button>
      )}
    </section>
  );
}

function columnLabel(column: ClassColumn): string {
  const labels: Record<ClassColumn, string> = {
    name: t("class"),
    support: t("samples"),
    precision: t("precision"),
    recall: t("recall"),
    f1: t("F1"),
    iou: t("IoU"),
  };
  return labels[column];
}

function namesText({ names_from }: ClassesTable): string {
  return names_from ? t("Names: %1", translated(names_from)) : t("Classes are shown by number.");
}
