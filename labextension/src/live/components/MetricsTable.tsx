/** The table of metrics: one row an epoch, columns named as Keras names them. */

import { formatCount, formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Split } from "../protocol";
import type { RunStore } from "../store";

interface Column {
  name: string;
  metric: string;
  split: Split;
}

export function MetricsTable({ store }: { store: RunStore }) {
  const columns = tableColumns(store);
  const rows = Array.from({ length: store.epoch.rows }, (_, row) => row);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups form fields, not a table
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by key
    <div class="kw-table" tabIndex={0} role="group" aria-label={t("Metrics table")}>
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
            const validated = store.wasValidated(row);
            return (
              <tr key={row}>
                <th scope="row">{formatCount(epoch)}</th>
                {columns.map(({ name, metric, split }) => (
                  <Cell
                    key={name}
                    value={
                      split === "training" || validated
                        ? store.epoch.at(`${split}/${metric}`, row)
                        : null
                    }
                    best={isBest(store, metric, split, epoch)}
                  />
                ))}
              </tr>
            );
          })}
          {rows.length === 0 && (
            <tr>
              <td class="kw-table-empty" colSpan={columns.length + 1}>
                {t("The first row comes at the end of the first epoch.")}
              </td>
            </tr>
          )}
        </tbody>
      </table>
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

function tableColumns(store: RunStore): Column[] {
  return (store.run?.metrics ?? []).flatMap(({ name: metric }) => {
    const columns: Column[] = [{ name: metric, metric, split: "training" }];
    if (store.epoch.has(`validation/${metric}`)) {
      columns.push({ name: `val_${metric}`, metric, split: "validation" });
    }
    return columns;
  });
}

function isBest(store: RunStore, metric: string, split: Split, epoch: number): boolean {
  const best = store.best.get(metric);
  return best !== undefined && best.split === split && best.epoch === epoch;
}
