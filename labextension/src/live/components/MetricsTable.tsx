/** The table of metrics, the newest epoch first, and a button that saves it as CSV. */

import { formatCount, formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import { metricColumns, metricsCsv, metricValue } from "../metricsTable";
import type { Split } from "../protocol";
import type { RunStore } from "../store";
import { downloadBlob, fileName } from "./downloadBlob";
import { ScrollBox } from "./ScrollBox";

export function MetricsTable({ store }: { store: RunStore }) {
  const columns = metricColumns(store);
  const rows = Array.from({ length: store.epoch.rows }, (_, i) => store.epoch.rows - 1 - i);
  const download = () => {
    const blob = new Blob([metricsCsv(store)], { type: "text/csv" });
    downloadBlob(blob, `${fileName(store.run?.model_name ?? "", "metrics")}.csv`);
  };
  return (
    <div class="kw-table-frame">
      <ScrollBox class="kw-table" label={t("Metrics table")}>
        <table aria-label={t("Metrics")}>
          <thead>
            <tr>
              <th scope="col">{t("epoch")}</th>
              {columns.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const epoch = store.epoch.at("epoch", row);
              const partial = store.isPartial(row);
              return (
                <tr key={row} data-partial={partial}>
                  <th scope="row" title={partial ? t("stopped before the end of the epoch") : ""}>
                    {formatCount(epoch)}
                    {partial && <span class="kw-partial"> ({t("part")})</span>}
                  </th>
                  {columns.map((column) => (
                    <Cell
                      key={column.name}
                      value={metricValue(store, column, row)}
                      best={isBest(store, column.metric, column.split, epoch)}
                    />
                  ))}
                </tr>
              );
            })}
            {rows.length === 0 && (
              <tr>
                <td class="kw-table-empty" colSpan={columns.length + 1}>
                  {t("The first row appears at the end of the first epoch.")}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </ScrollBox>
      <button type="button" class="kw-toggle" disabled={rows.length === 0} onClick={download}>
        {t("Download CSV")}
      </button>
    </div>
  );
}

function Cell({ value, best }: { value: number | null; best: boolean }) {
  if (value === null) return <td>–</td>;
  const broken = !Number.isFinite(value);
  return (
    <td
      class={best ? "kw-best-cell" : broken ? "kw-error" : undefined}
      title={best ? t("best") : undefined}
    >
      {formatValue(value)}
    </td>
  );
}

function isBest(store: RunStore, metric: string, split: Split, epoch: number): boolean {
  const best = store.best.get(metric);
  return best !== undefined && best.split === split && best.epoch === epoch;
}
