/** The table of exported files, to choose one: each row opens what else is known of it. */

import { useState } from "preact/hooks";
import { ScrollBox } from "../../live/components/ScrollBox";
import { formatBytes, formatCount, formatValue } from "../../shared/format";
import { useUniqueId } from "../../shared/hooks";
import { t, translated } from "../../shared/translation";
import {
  fileName,
  formatDifference,
  formatMilliseconds,
  formatShare,
  latencyWith,
  metricColumns,
  verdictOf,
} from "../labels";
import type { ExportRow, ExportState, LatencyRow } from "../protocol";
import type { ExportStore } from "../store";
import { CopyLine } from "./CopyLine";
import { RowDetails } from "./RowDetails";

interface ExportsTableProps {
  store: ExportStore;
  state: ExportState & { rows: ExportRow[] };
}

export function ExportsTable({ store, state }: ExportsTableProps) {
  const metrics = metricColumns(state);
  return (
    <div class="kw-export-results">
      <h3>{t("Files")}</h3>
      <ScrollBox class="kw-table kw-export-table" label={t("Exported files, scrollable")}>
        <table aria-label={t("Exports")}>
          <thead>
            <tr>
              <th scope="col" data-kind="text">
                {t("Format")}
              </th>
              <th scope="col" data-kind="text">
                {t("Verdict")}
              </th>
              <th scope="col">{t("Size")}</th>
              <th scope="col" title={t("Of all outputs, for the same samples")}>
                {t("Max. difference")}
              </th>
              <th scope="col">{t("Mean difference")}</th>
              <th scope="col" title={t("Samples for which the same class is the largest output")}>
                {t("Same class")}
              </th>
              {metrics.map((name) => (
                <th key={name} scope="col" title={t("Of the model, and of the file")}>
                  {name}
                </th>
              ))}
              <th
                scope="col"
                title={t("For one sample, in milliseconds: median and 95th percentile")}
              >
                {t("ms p50 / p95, 1 thread")}
              </th>
              <th
                scope="col"
                title={t("For one sample, in milliseconds: median and 95th percentile")}
              >
                {t("ms p50 / p95, all threads")}
              </th>
            </tr>
          </thead>
          {state.rows.map((row) => (
            <Row key={`${state.job}/${row.target}`} store={store} row={row} metrics={metrics} />
          ))}
        </table>
      </ScrollBox>
      <Sources state={state} />
    </div>
  );
}

interface RowProps {
  store: ExportStore;
  row: ExportRow;
  metrics: readonly string[];
}

function Row({ store, row, metrics }: RowProps) {
  const [open, setOpen] = useState(false);
  const id = useUniqueId("export-row");
  const { difference } = row;
  const verdict = verdictOf(row);
  const columns = 8 + metrics.length;
  const hasMore = row.path !== null || row.notes.length > 0 || row.has_code;
  return (
    <tbody data-target={row.target}>
      <tr>
        <th scope="row" data-kind="text">
          {hasMore ? (
            <button
              type="button"
              class="kw-link kw-export-open"
              aria-expanded={open}
              aria-controls={id}
              onClick={() => setOpen(!open)}
            >
              {row.title}
            </button>
          ) : (
            <span class="kw-export-closed">{row.title}</span>
          )}
          {row.path !== null && (
            <span class="kw-export-file" title={row.path}>
              {fileName(row.path)}
            </span>
          )}
        </th>
        <td data-kind="text">
          <span class="kw-verdict" data-level={verdict.level}>
            <span aria-hidden="true">{verdict.sign}</span> {verdict.text}
          </span>
        </td>
        <td>{row.num_bytes === null ? "–" : formatBytes(row.num_bytes)}</td>
        <td>{difference ? formatDifference(difference.maximum) : "–"}</td>
        <td>{difference ? formatDifference(difference.mean) : "–"}</td>
        <td>{difference?.same_class == null ? "–" : formatShare(difference.same_class)}</td>
        {metrics.map((name) => {
          const metric = row.metrics.find((each) => each.name === name);
          return (
            <td key={name}>
              {metric ? (
                <>
                  {formatValue(metric.model)} <span class="kw-hint">→</span>{" "}
                  {formatValue(metric.export)}
                </>
              ) : (
                "–"
              )}
            </td>
          );
        })}
        <td>{latencyText(latencyWith(true, row.latency))}</td>
        <td>{latencyText(latencyWith(false, row.latency))}</td>
      </tr>
      {(row.problem || row.install || (row.path !== null && row.lost.length > 0)) && (
        <tr class="kw-export-said">
          <td colSpan={columns}>
            <div>
              {row.problem && (
                <p data-level={row.status === "failed" ? "error" : undefined}>
                  {translated(row.problem)}
                </p>
              )}
              {row.install && <CopyLine code={row.install} />}
              {row.path !== null && row.lost.length > 0 && (
                <p class="kw-hint">
                  {t("Not in the file: %1", row.lost.map(translated).join(" "))}
                </p>
              )}
            </div>
          </td>
        </tr>
      )}
      {open && (
        <tr class="kw-export-more">
          <td colSpan={columns}>
            <div id={id}>
              <RowDetails store={store} row={row} />
            </div>
          </td>
        </tr>
      )}
    </tbody>
  );
}

function latencyText(latency: LatencyRow | null): string {
  if (!latency) return "–";
  return `${formatMilliseconds(latency.p50_ms)} / ${formatMilliseconds(latency.p95_ms)}`;
}

/** What the files were compared on, and what concerns all of them. */
function Sources({ state }: { state: ExportState }) {
  return (
    <div class="kw-hint kw-export-sources">
      <p>
        {t(
          "Compared on %1 samples: %2.",
          formatCount(state.num_samples),
          translated(state.samples_from),
        )}
      </p>
      {state.validation_from && (
        <p>
          {t(
            "Metrics on %1 samples: %2.",
            formatCount(state.num_validation),
            translated(state.validation_from),
          )}
        </p>
      )}
      {state.notes.map((note) => (
        <p key={note.key}>{translated(note)}</p>
      ))}
      <p class="kw-export-path">{t("Files are in %1.", state.folder)}</p>
    </div>
  );
}
