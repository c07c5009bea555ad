/** Smaller copies of the model, each with its size and metrics before and after. */

import { formatBytes, formatValue } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import { slimLabel } from "../labels";
import type { SlimMethod, SlimRow } from "../protocol";
import type { ExportStore } from "../store";

interface SlimPartProps {
  store: ExportStore;
  methods: readonly SlimMethod[];
}

export function SlimPart({ store, methods }: SlimPartProps) {
  const names = [...new Set(store.slims.flatMap(({ metrics }) => metrics.map(({ name }) => name)))];
  return (
    <details class="kw-export-slim">
      <summary>{t("Make a smaller copy of the model")}</summary>
      <p class="kw-hint">
        {t("The model stays as it is. The copy is a variable of the notebook, until you undo it.")}
      </p>
      <span class="kw-export-buttons">
        {methods.map((method) => (
          <button
            key={method}
            type="button"
            aria-busy={store.slimming === method}
            disabled={store.slimming !== null}
            onClick={() => void store.slim(method)}
          >
            {slimLabel(method)}
          </button>
        ))}
      </span>
      <div role="alert">
        {store.slimProblem && <p class="kw-export-problem">{store.slimProblem}</p>}
      </div>
      {store.slims.length > 0 && (
        <div class="kw-table kw-export-slims">
          <table aria-label={t("Smaller copies")}>
            <thead>
              <tr>
                <th scope="col" data-kind="text">
                  {t("Copy")}
                </th>
                <th scope="col" data-kind="text">
                  {t("Variable")}
                </th>
                <th scope="col">{t("Weights")}</th>
                {names.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
                <td />
              </tr>
            </thead>
            <tbody>
              {store.slims.map((row) => (
                <Slim key={row.slim} store={store} row={row} names={names} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

interface SlimProps {
  store: ExportStore;
  row: SlimRow;
  names: readonly string[];
}

function Slim({ store, row, names }: SlimProps) {
  return (
    <tr title={row.notes.map(translated).join("\n")}>
      <th scope="row" data-kind="text">
        {slimLabel(row.method)}
      </th>
      <td data-kind="text">{row.variable === null ? t("undone") : <code>{row.variable}</code>}</td>
      <td>
        {formatBytes(row.bytes_before)} <span class="kw-hint">→</span>{" "}
        {formatBytes(row.bytes_after)}
      </td>
      {names.map((name) => {
        const metric = row.metrics.find((each) => each.name === name);
        return (
          <td key={name}>
            {metric ? `${formatValue(metric.model)} → ${formatValue(metric.export)}` : "–"}
          </td>
        );
      })}
      <td>
        {!row.undone && (
          <button type="button" onClick={() => void store.undoSlim(row.slim)}>
            {t("Undo")}
          </button>
        )}
      </td>
    </tr>
  );
}
