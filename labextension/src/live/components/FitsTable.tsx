/** The fits of a view as a table that can be sorted; those with a check are drawn in the charts. */

import { useMemo, useState } from "preact/hooks";
import { formatCount, formatDuration, formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import type { DrawnFit } from "../chart/drawInput";
import {
  bestFits,
  type FitColumn,
  type FitRow,
  fitColumns,
  fitRow,
  type Sorting,
  type SortKey,
  sortFitRows,
} from "../fitRows";
import { progressLabel } from "../labels";
import { ScrollBox } from "./ScrollBox";
import { FitSwatch } from "./Swatch";

interface FitsTableProps {
  /** All fits of the view, oldest first; the last one may run. */
  fits: readonly DrawnFit[];
  /** Number of the fit that is shown. */
  shown: number;
  onShow: (fit: number) => void;
  /** Numbers of the fits that are drawn over it. */
  overlay: readonly number[];
  onOverlay: (fits: readonly number[]) => void;
}

export function FitsTable({ fits, shown, onShow, overlay, onOverlay }: FitsTableProps) {
  const [sorting, setSorting] = useState<Sorting>({ key: "fit", descending: true });
  // The earlier fits do not change any more, and may be many.
  const [earlier, latest] = [fits.slice(0, -1), fits.at(-1)];
  const columns = fitColumns(fits.map(({ store }) => store));
  const columnKeys = columns.map(({ key }) => key).join("\n");
  const earlierKey = earlier.map(({ fit }) => fit).join();
  const earlierRows = useMemo(
    () => earlier.flatMap(({ store }) => fitRow(store, columns) ?? []),
    [earlierKey, columnKeys],
  );
  const latestRow = latest ? fitRow(latest.store, columns) : null;
  const rows = latestRow ? [...earlierRows, latestRow] : earlierRows;
  const best = new Map(columns.map((column) => [column.key, bestFits(rows, column)]));
  const drawn = new Set([...overlay, shown]);
  const all = rows.every(({ fit }) => drawn.has(fit));
  const sort = (key: SortKey) =>
    setSorting((now) => ({ key, descending: now.key === key && !now.descending }));
  const header = (key: SortKey, text: string) => (
    <th
      key={key}
      scope="col"
      aria-sort={sorting.key !== key ? "none" : sorting.descending ? "descending" : "ascending"}
    >
      <button type="button" class="kw-sort" onClick={() => sort(key)}>
        {text}
      </button>
    </th>
  );
  return (
    <ScrollBox class="kw-table kw-fits" label={t("Fits of this cell")}>
      <table aria-label={t("Fits")}>
        <thead>
          <tr>
            <th scope="col" class="kw-fit-check">
              <input
                type="checkbox"
                checked={all}
                aria-label={t("Draw all fits")}
                title={t("Draw all fits")}
                onChange={() => onOverlay(all ? [] : rows.map(({ fit }) => fit))}
              />
            </th>
            {header("fit", t("fit"))}
            {header("name", t("name"))}
            {header("epochs", t("epochs"))}
            {columns.map((column) => header(column.key, columnTitle(column)))}
            {header("seconds", t("time"))}
          </tr>
        </thead>
        <tbody>
          {sortFitRows(rows, sorting).map((row) => (
            <Row
              key={row.fit}
              row={row}
              columns={columns}
              best={best}
              shown={row.fit === shown}
              drawn={drawn.has(row.fit)}
              several={drawn.size > 1}
              onShow={() => onShow(row.fit)}
              onDraw={(draw) =>
                onOverlay(
                  draw ? [...overlay, row.fit] : overlay.filter((other) => other !== row.fit),
                )
              }
            />
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

interface RowProps {
  row: FitRow;
  columns: readonly FitColumn[];
  best: ReadonlyMap<string, ReadonlySet<number>>;
  shown: boolean;
  drawn: boolean;
  /** Whether several fits are drawn: each has a colour of its own then. */
  several: boolean;
  onShow: () => void;
  onDraw: (draw: boolean) => void;
}

function Row({ row, columns, best, shown, drawn, several, onShow, onDraw }: RowProps) {
  const { fit, name, status, diverged, epochs, allEpochs, seconds, values } = row;
  return (
    <tr class={shown ? "kw-fit-shown" : undefined}>
      <td class="kw-fit-check">
        <input
          type="checkbox"
          checked={drawn}
          disabled={shown}
          aria-label={t("Draw fit %1", fit)}
          title={shown ? t("This fit is shown") : t("Overlay on the current fit")}
          onChange={(event) => onDraw(event.currentTarget.checked)}
        />
        <span class="kw-fit-swatch">{several && drawn && <FitSwatch fit={fit} />}</span>
      </td>
      <td>{fit}</td>
      <th scope="row">
        <button
          type="button"
          class="kw-link"
          aria-pressed={shown}
          title={t("Show")}
          onClick={onShow}
        >
          {name}
        </button>
        {(status !== "finished" || diverged) && (
          <span class="kw-fit-status" data-status={status}>
            {progressLabel({ status, diverged })}
          </span>
        )}
      </th>
      <td>{t("%1 of %2", formatCount(epochs), formatCount(allEpochs))}</td>
      {columns.map(({ key }) => {
        const value = values.get(key);
        const isBest = best.get(key)?.has(fit) ?? false;
        return (
          <td
            key={key}
            class={isBest ? "kw-best-cell" : undefined}
            title={isBest ? t("best of all fits") : undefined}
          >
            {value === undefined ? "–" : formatValue(value)}
          </td>
        );
      })}
      <td>{formatDuration(seconds)}</td>
    </tr>
  );
}

function columnTitle({ key, metric, kind }: FitColumn): string {
  return kind === "best" ? t("best %1", metric) : key;
}
