/** What a running export does now, and how far it is. */

import { formatDuration } from "../../shared/format";
import { useTicking } from "../../shared/hooks";
import { t, translated } from "../../shared/translation";
import type { ExportStore } from "../store";

const ENDED = new Set(["done", "unproved", "missing", "failed", "stopped"]);

export function ProgressBar({ store }: { store: ExportStore }) {
  const { state, pending, isRunning } = store;
  useTicking(isRunning, 1_000);
  const starting = pending === "start";
  const rows = state?.rows ?? [];
  const ended = starting ? 0 : rows.filter(({ status }) => ENDED.has(status)).length;
  const active = isRunning || starting;
  const seconds = state
    ? state.seconds + (isRunning ? (performance.now() - store.receivedAt) / 1_000 : 0)
    : 0;
  let text = "";
  if (starting) text = t("Saving the model, and running it on the samples…");
  else if (isRunning && pending === "stop") text = t("Stopping…");
  else if (isRunning && state) {
    text = state.step ? translated(state.step) : t("Exporting…");
  } else if (state?.state === "stopped") {
    text = t("Stopped. Files that were finished stay.");
  } else if (state && store.source) {
    const made = rows.filter(({ path }) => path !== null).length;
    text =
      made === 1
        ? t("1 file was written in %1.", formatDuration(seconds))
        : t("%1 files were written in %2.", made, formatDuration(seconds));
  }
  return (
    <div class="kw-export-progress" data-active={active}>
      {active && (
        <div
          class="kw-progress"
          role="progressbar"
          aria-label={t("Export progress")}
          aria-valuemin={0}
          aria-valuemax={rows.length || 1}
          aria-valuenow={ended}
          data-indeterminate={ended === 0}
        >
          <div style={{ width: `${rows.length ? (100 * ended) / rows.length : 0}%` }} />
        </div>
      )}
      <p class="kw-export-status">
        <span role="status">{text}</span>
        {isRunning && (
          <span class="kw-hint">
            {t("%1 of %2", ended, rows.length)} · {formatDuration(seconds)}
          </span>
        )}
      </p>
    </div>
  );
}
