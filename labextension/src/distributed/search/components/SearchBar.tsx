/** What stands at the top of a search: how far it is, its best value, and how to stop it. */

import { formatCount, formatDuration, formatValue } from "../../../shared/format";
import { useTicking } from "../../../shared/hooks";
import { t } from "../../../shared/translation";
import { directionLabel, paramsLine, statusLabel } from "../labels";
import type { Command } from "../protocol";
import type { SearchStore } from "../store";

const COUNTED = new Set(["complete", "pruned", "failed"]);

export function SearchBar({ store }: { store: SearchStore }) {
  const { search, isLive, hasEnded } = store;
  useTicking(isLive && !hasEnded, 1_000);
  const trials = [...store.trials.values()];
  // Of a very long search the notebook has not saved all trials.
  const unsaved = store.count - trials.length;
  const ended = unsaved + trials.filter(({ state }) => COUNTED.has(state)).length;
  const { planned } = search;
  return (
    <header class="kw-search-bar">
      <div class="kw-search-head">
        <h2>{search.title}</h2>
        <span class="kw-search-status" data-status={search.status} role="status">
          {countLabel(ended, planned)} · {statusLabel(search.status)}
        </span>
        <span class="kw-hint">{formatDuration(store.seconds)}</span>
        <Buttons store={store} />
      </div>
      {planned !== null && !hasEnded && (
        <div
          class="kw-progress"
          role="progressbar"
          aria-label={t("Progress of the search")}
          aria-valuemin={0}
          aria-valuemax={planned}
          aria-valuenow={Math.min(ended, planned)}
          data-status={search.status}
        >
          <div style={{ width: `${planned ? Math.min(100, (100 * ended) / planned) : 0}%` }} />
        </div>
      )}
      <Best store={store} />
    </header>
  );
}

function countLabel(ended: number, planned: number | null): string {
  if (planned === null) return t("%1 trials", formatCount(ended));
  return t("%1 of %2 trials", formatCount(ended), formatCount(planned));
}

function Buttons({ store }: { store: SearchStore }) {
  if (!store.isControlled) return null;
  const { status } = store.search;
  const paused = status === "paused";
  const hasTrial = [...store.trials.values()].some(({ state }) => state === "running");
  const button = (command: Command, text: string, title: string, disabled = false) => (
    <button
      type="button"
      title={title}
      disabled={disabled || status === "stopping"}
      aria-busy={store.pending === command}
      onClick={() => void store.command(command)}
    >
      {text}
    </button>
  );
  return (
    <span class="kw-search-buttons">
      {paused
        ? button("resume", t("Resume search"), t("Continues the search"))
        : button("pause", t("Pause search"), t("Pauses the running trial before its next batch"))}
      {button(
        "stop_trial",
        t("Stop trial"),
        t("Ends the running trial; it counts as pruned, and the search continues"),
        !hasTrial,
      )}
      {button(
        "stop",
        t("Stop search"),
        t("Ends the running trial and the search; run the cell again to continue"),
      )}
    </span>
  );
}

function Best({ store }: { store: SearchStore }) {
  const { search } = store;
  const best = search.best === null ? undefined : store.trials.get(search.best);
  const metric = search.metric || t("value");
  if (!best || best.value === null) {
    return (
      <p class="kw-hint">
        {store.hasEnded
          ? t("No trial is complete.")
          : t("The best trial appears here when the first one is complete.")}
      </p>
    );
  }
  return (
    <p class="kw-search-result">
      <span class="kw-search-figure">
        <span class="kw-hint">
          {t("best %1", metric)} ({directionLabel(search.direction)})
        </span>
        <b>{formatValue(best.value)}</b>
      </span>
      <span class="kw-search-figure">
        <span class="kw-hint">{t("Trial %1", best.number)}</span>
        <b class="kw-search-params">{paramsLine(best.params)}</b>
      </span>
    </p>
  );
}
