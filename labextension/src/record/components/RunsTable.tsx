/** The table of runs: sorted by a click, with a check for each run that is drawn. */

import { useMemo, useState } from "preact/hooks";
import { MetricChoice, shownMetrics } from "../../live/components/MetricChoice";
import { FitSwatch } from "../../live/components/Swatch";
import { formatBytes, formatCount, formatDuration, formatValue } from "../../shared/format";
import { memo } from "../../shared/memo";
import { t } from "../../shared/translation";
import { fullTimeLabel, parentLabel, startLabel, stateExplanation, stateLabel } from "../labels";
import type { RunRow } from "../protocol";
import {
  bestRuns,
  mainColumn,
  NEWEST_FIRST,
  runTitle,
  type Sorting,
  type SortKey,
  sortRunRows,
  type ValueColumn,
  valueColumns,
  valueIn,
} from "../runRows";
import { MAX_DRAWN, type RunsStore } from "../store";
import { EditableText } from "./EditableText";
import { useRowWindow } from "./useRowWindow";

interface RunsTableProps {
  store: RunsStore;
  rows: readonly RunRow[];
}

export function RunsTable({ store, rows }: RunsTableProps) {
  const [sorting, setSorting] = useState<Sorting>(NEWEST_FIRST);
  const every = valueColumns(rows);
  const metrics = [...new Set(every.map(({ metric }) => metric))].map((name) => ({
    name,
    kind: "mean" as const,
    direction: null,
    group: null,
  }));
  const wanted = new Set(shownMetrics(metrics, store.metrics).map(({ name }) => name));
  const found = every.filter(({ metric }) => wanted.has(metric));
  const columnKey = found.map(({ key }) => key).join("\n");
  // The same list as long as it has the same columns, so that rows are not drawn again.
  const columns = useMemo(() => found, [columnKey]);
  const main = mainColumn(columns);
  const others = columns.filter((column) => column !== main);
  const best = new Map(columns.map((column) => [column.key, bestRuns(rows, column)]));
  const sorted = sortRunRows(rows, columns, sorting);
  const shown = useRowWindow(sorted.length);
  const drawn = sorted.filter(({ id }) => store.isDrawn(id));
  const all = rows.length > 0 && drawn.length === Math.min(rows.length, MAX_DRAWN);
  const sort = (key: SortKey) =>
    setSorting((now) => ({ key, descending: now.key === key ? !now.descending : true }));
  const header = (key: SortKey, text: string, kind = "number") => (
    <th
      key={key}
      scope="col"
      data-kind={kind}
      aria-sort={sorting.key !== key ? "none" : sorting.descending ? "descending" : "ascending"}
    >
      <button type="button" class="kw-sort" onClick={() => sort(key)}>
        {text}
      </button>
    </th>
  );
  const selectAll = all
    ? t("Draw none")
    : rows.length > MAX_DRAWN
      ? t("Draw the first %1", MAX_DRAWN)
      : t("Draw all");
  return (
    <>
      {metrics.length > wanted.size || store.metrics ? (
        <MetricChoice
          metrics={metrics}
          shown={wanted}
          onChoose={(names) => store.setMetrics(names)}
        />
      ) : null}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset groups form fields, not a table */}
      <div
        class="kw-table kw-runs-table"
        data-drawn={drawn.length > 0}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by key
        tabIndex={0}
        role="group"
        aria-label={t("Recorded runs")}
        ref={shown.scroller}
        onScroll={shown.onScroll}
      >
        <table aria-label={t("Runs")} aria-rowcount={rows.length + 1}>
          <thead>
            <tr>
              <th scope="col" class="kw-run-check">
                <input
                  type="checkbox"
                  checked={all}
                  indeterminate={drawn.length > 0 && !all}
                  disabled={!store.source}
                  aria-label={selectAll}
                  title={selectAll}
                  onChange={() => store.setDrawn(all ? [] : sorted.map(({ id }) => id))}
                />
              </th>
              {header("name", t("Name"), "text")}
              {header("state", t("State"), "text")}
              {main && header(main.key, columnTitle(main))}
              {header("created", t("Started"))}
              {header("seconds", t("Duration"))}
              {header("epoch", t("Epochs"))}
              {others.map((column) => header(column.key, columnTitle(column)))}
              {header("tags", t("Tags"), "text")}
              <th scope="col" data-kind="text">
                {t("Notes")}
              </th>
              {header("bytes", t("Size"))}
            </tr>
          </thead>
          <tbody>
            <Space height={shown.above} />
            {sorted.slice(shown.start, shown.end).map((row, i) => (
              <Row
                key={row.id}
                row={row}
                index={shown.start + i + 2}
                store={store}
                main={main}
                columns={others}
                titleNumber={store.titleNumber(row.id)}
                parent={
                  row.parent && store.rows?.has(row.parent.run) ? store.titleOf(row.parent.run) : ""
                }
                bestKey={columns
                  .filter(({ key }) => best.get(key)?.has(row.id))
                  .map(({ key }) => key)
                  .join("\n")}
                number={store.numberOf(row.id)}
                full={store.drawn.length >= MAX_DRAWN}
                open={store.panel?.is === "details" && store.panel.run === row.id}
              />
            ))}
            <Space height={shown.below} />
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Rows that are not drawn. */
function Space({ height }: { height: number }) {
  return height > 0 ? <tr class="kw-runs-space" style={{ height }} /> : null;
}

interface RowProps {
  row: RunRow;
  /** Its place in the table, the header included, from 1. */
  index: number;
  store: RunsStore;
  /** The column beside the name. */
  main: ValueColumn | undefined;
  columns: readonly ValueColumn[];
  /** Its number among the runs of the same title. */
  titleNumber: number | null;
  /** The title of the run that it goes on from, if that is listed. */
  parent: string;
  /** The columns in which the run is the best. */
  bestKey: string;
  /** Its number among the drawn runs. */
  number: number | null;
  /** Whether no further run can be drawn. */
  full: boolean;
  open: boolean;
}

// Most rows do not change when one does.
const Row = memo(RowView);

function RowView(props: RowProps) {
  const { row, index, store, main, columns, titleNumber, parent, bestKey, number, full, open } =
    props;
  const title = store.titleOf(row.id);
  const best = new Set(bestKey.split("\n"));
  const editable = store.source !== null;
  const name = (
    <>
      {runTitle(row)}
      {titleNumber !== null && <span class="kw-run-number"> #{titleNumber}</span>}
    </>
  );
  const parentText = row.parent ? parentLabel(row, parent || row.parent.run) : "";
  const valueCell = (column: ValueColumn) => {
    const value = valueIn(row, column);
    const isBest = best.has(column.key);
    return (
      <td
        key={column.key}
        class={isBest ? "kw-best-cell" : undefined}
        title={isBest ? t("best of the listed runs") : undefined}
      >
        {value === undefined ? "–" : formatValue(value)}
      </td>
    );
  };
  const tags = row.tags.map((tag) => (
    <span key={tag} class="kw-tag">
      {tag}
    </span>
  ));
  return (
    <tr class={open ? "kw-fit-shown" : undefined} data-run={row.id} aria-rowindex={index}>
      <td class="kw-run-check">
        <input
          type="checkbox"
          checked={number !== null}
          disabled={!editable || (full && number === null)}
          aria-label={t("Draw %1", title)}
          title={
            full && number === null
              ? t("At most %1 runs can be drawn over each other", MAX_DRAWN)
              : t("Draw its curves below")
          }
          onChange={(event) => store.setIsDrawn(row.id, event.currentTarget.checked)}
        />
        <span class="kw-fit-swatch">{number !== null && <FitSwatch fit={number} />}</span>
      </td>
      <th scope="row">
        <span class="kw-run-name">
          {editable ? (
            <button
              type="button"
              class="kw-link"
              aria-pressed={open}
              title={`${title}\n${row.id}`}
              onClick={() => void store.showDetails(open ? null : row.id)}
            >
              {name}
            </button>
          ) : (
            <span title={row.id}>{name}</span>
          )}
          {parentText && (
            <span class="kw-run-parent" title={parentText}>
              <span aria-hidden="true">↳ {parent}</span>
              <span class="kw-unseen">{parentText}</span>
            </span>
          )}
          {editable && (
            <EditableText
              value={row.name}
              label={t("Name of %1", title)}
              placeholder={row.model_name || row.id}
              onSave={(name) => store.edit(row.id, { name })}
            >
              <svg class="kw-pencil" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
                <path d="M11 2.500l2.500 2.500L5.500 13l-3 .500.500-3z" />
              </svg>
            </EditableText>
          )}
        </span>
      </th>
      <td data-kind="text">
        <span
          class="kw-run-state"
          data-state={row.state}
          data-diverged={row.diverged}
          title={stateExplanation(row) || undefined}
        >
          {stateLabel(row)}
        </span>
      </td>
      {main && valueCell(main)}
      <td title={fullTimeLabel(row.created)}>{startLabel(row.created)}</td>
      <td>{formatDuration(row.seconds)}</td>
      <td>
        {row.epochs ? t("%1 of %2", formatCount(row.epoch), formatCount(row.epochs)) : row.epoch}
      </td>
      {columns.map(valueCell)}
      <td data-kind="text">
        {editable ? (
          <EditableText
            value={row.tags.join(", ")}
            label={t("Tags of %1", title)}
            placeholder={t("Add tags")}
            onSave={(text) => store.edit(row.id, { tags: text.split(",") })}
          >
            {tags.length ? tags : undefined}
          </EditableText>
        ) : (
          tags
        )}
      </td>
      <td data-kind="text" class="kw-run-notes">
        {editable ? (
          <EditableText
            value={row.notes}
            label={t("Notes on %1", title)}
            placeholder={t("Add notes")}
            onSave={(notes) => store.edit(row.id, { notes })}
          />
        ) : (
          row.notes
        )}
      </td>
      <td title={row.checkpoint_bytes ? sizeText(row) : undefined}>{formatBytes(row.bytes)}</td>
    </tr>
  );
}

function sizeText({ checkpoint_bytes }: RunRow): string {
  return t("%1 of it are checkpoints", formatBytes(checkpoint_bytes));
}

function columnTitle({ key, metric, kind }: ValueColumn): string {
  return kind === "best" ? t("best %1", metric) : key;
}
