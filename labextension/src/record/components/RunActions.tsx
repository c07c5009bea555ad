/** What can be done with a run: resume it, repeat its interventions, export it. */

import { useState } from "preact/hooks";
import { t } from "../../shared/translation";
import { useInsertCell } from "../../shared/useInsertCell";
import { EXPORT_TARGETS, type ExportTarget, type RunDetails, type RunRow } from "../protocol";
import type { RunsStore } from "../store";

const EXPORT_LABELS: Record<ExportTarget, string> = {
  csv: "CSV",
  tensorboard: "TensorBoard",
  mlflow: "MLflow",
  trackio: "Trackio",
  "wandb-offline": "W&B (offline)",
};

interface RunActionsProps {
  store: RunsStore;
  row: RunRow;
  details: RunDetails;
}

export function RunActions({ store, row, details }: RunActionsProps) {
  const { root, canInsert, insert } = useInsertCell();
  const [target, setTarget] = useState<ExportTarget>("csv");
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState({ text: "", isError: false });
  const { code, checkpoints, acts } = details;
  const isOver = row.state !== "running" && row.state !== "finished";
  const canResume = canInsert && isOver && code !== null && checkpoints.length > 0;

  const attempt = async (action: () => Promise<string>) => {
    setBusy(true);
    try {
      setTold({ text: await action(), isError: false });
    } catch (error) {
      setTold({ text: error instanceof Error ? error.message : String(error), isError: true });
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="kw-run-actions">
      <span ref={root} class="kw-buttons">
        {canResume && (
          <button
            type="button"
            class="kw-button"
            title={t("Inserts a cell with the code, which resumes the run where it stopped")}
            onClick={() => insert(`%kwidgets resume ${row.id}\n${code}`)}
          >
            {t("Resume")}
          </button>
        )}
        {canInsert && acts.length > 0 && (
          <button
            type="button"
            class="kw-button"
            aria-busy={busy}
            title={t("Inserts a cell with a Keras callback that repeats the interventions")}
            onClick={() =>
              void attempt(async () => {
                insert(await store.replay(row.id));
                return t("Inserted below");
              })
            }
          >
            {t("Replay")}
          </button>
        )}
      </span>
      <span class="kw-buttons">
        <select
          class="kw-select"
          aria-label={t("Export to")}
          value={target}
          onChange={(event) => setTarget(event.currentTarget.value as ExportTarget)}
        >
          {EXPORT_TARGETS.map((each) => (
            <option key={each} value={each}>
              {EXPORT_LABELS[each]}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="kw-button"
          aria-busy={busy}
          onClick={() => {
            if (!busy) void attempt(() => store.export(row.id, target));
          }}
        >
          {t("Export run")}
        </button>
      </span>
      <p class={told.isError ? "kw-error" : "kw-hint"} role="status">
        {told.text}
      </p>
    </div>
  );
}
