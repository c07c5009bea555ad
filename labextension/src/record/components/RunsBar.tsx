/** What stands above the table: scope, filter, counts, and what can be done with the runs. */

import { useEffect, useRef, useState } from "preact/hooks";
import { formatBytes, formatCount } from "../../shared/format";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import { runCount, scopeLabel } from "../labels";
import { type RunRow, SCOPES } from "../protocol";
import type { RunsStore } from "../store";
import { Confirm } from "./Confirm";

/** Between a key in the filter and the request. */
const TYPING_MS = 200;

type Question = "runs" | "checkpoints" | null;

export function RunsBar({ store, rows }: { store: RunsStore; rows: readonly RunRow[] }) {
  const group = useUniqueId("scope");
  const problemId = useUniqueId("filter");
  const [typed, setTyped] = useState(store.filter);
  const [question, setQuestion] = useState<Question>(null);
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void store.setFilter(text), TYPING_MS);
  };
  const { pair, source } = store;
  // Never one that the filter hides.
  const chosen = rows.filter(({ id }) => store.isDrawn(id));
  const all = [...(store.rows?.values() ?? [])].filter(({ id }) => store.ids.includes(id));
  // What a running training needs stays.
  const deletable = chosen.filter(({ state }) => state !== "running");
  const withCheckpoints = (chosen.length ? chosen : rows).filter(
    (row) => row.checkpoint_bytes && row.state !== "running",
  );
  const freeable = sum(withCheckpoints.map((row) => row.checkpoint_bytes));
  const erase = async () => {
    setBusy(true);
    const { bytes, problems } =
      question === "runs"
        ? await store.delete(deletable.map(({ id }) => id))
        : await store.delete(
            withCheckpoints.map(({ id }) => id),
            "checkpoints",
          );
    setBusy(false);
    setQuestion(null);
    setReport([t("%1 freed.", formatBytes(bytes)), ...problems].join(" "));
  };
  const compare = store.panel?.is === "difference";
  return (
    <>
      <div class="kw-runs-bar">
        {source && (
          <div class="kw-axis" role="radiogroup" aria-label={t("Runs of")}>
            {SCOPES.map((scope) => (
              <label key={scope} class="kw-segment">
                <input
                  type="radio"
                  name={group}
                  value={scope}
                  checked={store.scope === scope}
                  onChange={() => store.setScope(scope)}
                />
                <span>{scopeLabel(scope)}</span>
              </label>
            ))}
          </div>
        )}
        {source && (
          <input
            type="text"
            class="kw-runs-filter"
            aria-label={t("Filter")}
            aria-invalid={store.filterProblem !== ""}
            aria-describedby={problemId}
            placeholder={t("Filter, such as resnet val_loss < 0.5")}
            title={t(
              "Words, and conditions on metrics, arguments of fit, tag, state, model, duration, started: digits val_accuracy > 0.9 batch_size = 32",
            )}
            value={typed}
            onInput={(event) => type(event.currentTarget.value)}
          />
        )}
        <span class="kw-runs-count" role="status">
          {store.matching
            ? t("%1 of %2", formatCount(rows.length), runCount(all.length))
            : runCount(rows.length)}
          {rows.length > 0 && <span> · {formatBytes(sum(rows.map(({ bytes }) => bytes)))}</span>}
        </span>
        {source && (
          <span class="kw-runs-actions">
            <button
              type="button"
              class="kw-toggle"
              aria-pressed={compare}
              disabled={!pair}
              title={pair ? t("Show how the two runs differ") : t("Check two runs to compare them")}
              onClick={() => (compare ? store.closePanel() : void store.showDifference())}
            >
              {t("Compare")}
            </button>
            <button
              type="button"
              disabled={!deletable.length}
              title={
                deletable.length
                  ? t("Deletes the checked runs: %1", namesOf(store, deletable))
                  : t("Check the runs to delete. A running one cannot be deleted.")
              }
              onClick={() => setQuestion("runs")}
            >
              {t("Delete…")}
            </button>
            {freeable > 0 && (
              <button
                type="button"
                title={
                  chosen.length
                    ? t("Deletes the checkpoints of the checked runs, and keeps their curves")
                    : t("Deletes the checkpoints of all listed runs, and keeps their curves")
                }
                onClick={() => setQuestion("checkpoints")}
              >
                {t("Free %1…", formatBytes(freeable))}
              </button>
            )}
          </span>
        )}
      </div>
      <div class="kw-runs-messages" id={problemId}>
        {store.filterProblem && (
          <p class="kw-error" role="alert">
            {store.filterProblem}
          </p>
        )}
        {store.problem && (
          <p class="kw-error" role="alert">
            {store.problem}
          </p>
        )}
        {question && (
          <Confirm
            question={
              question === "runs"
                ? deletable.length === 1
                  ? t(
                      "Delete the run %1 permanently, with its curves and checkpoints?",
                      namesOf(store, deletable),
                    )
                  : t(
                      "Delete the %1 checked runs permanently, with their curves and checkpoints: %2?",
                      formatCount(deletable.length),
                      namesOf(store, deletable),
                    )
                : freeQuestion(store, withCheckpoints, chosen.length > 0, formatBytes(freeable))
            }
            action={t("Delete")}
            busy={busy}
            onConfirm={() => void erase()}
            onCancel={() => setQuestion(null)}
          />
        )}
        {report && !question && (
          <p role="status" class="kw-hint">
            {report}
          </p>
        )}
      </div>
    </>
  );
}

/** Names that a question shows. */
const MAX_NAMES = 3;

function namesOf(store: RunsStore, rows: readonly RunRow[]): string {
  const names = rows.slice(0, MAX_NAMES).map(({ id }) => store.titleOf(id));
  const more = rows.length - names.length;
  return names.join(", ") + (more > 0 ? t(" and %1 more", formatCount(more)) : "");
}

function freeQuestion(
  store: RunsStore,
  rows: readonly RunRow[],
  areChecked: boolean,
  size: string,
): string {
  const [count, names] = [formatCount(rows.length), namesOf(store, rows)];
  if (rows.length === 1) {
    return t(
      "Delete the checkpoints of %1 (%2)? This run can then no longer be resumed.",
      names,
      size,
    );
  }
  return areChecked
    ? t(
        "Delete the checkpoints of the %1 checked runs (%2): %3? They can then no longer be resumed.",
        count,
        size,
        names,
      )
    : t(
        "Delete the checkpoints of all listed runs? %1 have some (%2): %3. They can then no longer be resumed.",
        count,
        size,
        names,
      );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
