/** The table of all trials: sorted by a click, one of them chosen to be highlighted everywhere. */

import { useState } from "preact/hooks";
import { formatCount } from "../../../shared/format";
import { memo } from "../../../shared/memo";
import { t } from "../../../shared/translation";
import {
  durationLabel,
  formatParam,
  formatTrialValue,
  trialExplanation,
  trialLabel,
} from "../labels";
import type { Trial } from "../protocol";
import type { SearchStore } from "../store";
import { NEWEST_FIRST, type Sorting, type SortKey, sortTrials } from "../trials";

/** A page with more rows is slow; sorted, these are the ones that count. */
const MAX_ROWS = 500;

export function TrialsTable({ store }: { store: SearchStore }) {
  const [sorting, setSorting] = useState<Sorting>(NEWEST_FIRST);
  const { search, trials, highlighted } = store;
  const names = search.params.map(({ name }) => name);
  const sorted = sortTrials(trials.values(), sorting);
  const shown = sorted.slice(0, MAX_ROWS);
  const sort = (key: SortKey) =>
    setSorting((now) => ({ key, descending: now.key === key ? !now.descending : first(key) }));
  // A loss is first sorted from its best, the lowest.
  const first = (key: SortKey) =>
    key === "value" ? search.direction === "maximize" : key !== "state" && !key.startsWith("param");
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
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset groups form fields, not a table */}
      <div
        class="kw-table kw-search-table"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by key
        tabIndex={0}
        role="group"
        aria-label={t("Trials of the search")}
        onPointerLeave={() => store.point(null)}
      >
        <table aria-label={t("Trials")} aria-rowcount={sorted.length + 1}>
          <thead>
            <tr>
              {header("number", t("Trial"))}
              {header("state", t("State"), "text")}
              {header("value", search.metric || t("Value"))}
              {names.map((name) => header(`param:${name}`, name))}
              {header("epochs", t("Epochs"))}
              {header("seconds", t("Duration"))}
            </tr>
          </thead>
          <tbody>
            {shown.map((trial) => (
              <Row
                key={trial.number}
                trial={trial}
                names={names.join("\n")}
                store={store}
                isBest={trial.number === search.best}
                lit={trial.number === highlighted}
                chosen={trial.number === store.chosen}
              />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < store.count && (
        <p class="kw-hint">
          {t("%1 of %2 trials are listed.", formatCount(shown.length), formatCount(store.count))}
        </p>
      )}
    </>
  );
}

interface RowProps {
  trial: Trial;
  names: string;
  store: SearchStore;
  isBest: boolean;
  lit: boolean;
  chosen: boolean;
}

// Most rows do not change when one does.
const Row = memo(RowView);

function RowView({ trial, names, store, isBest, lit, chosen }: RowProps) {
  return (
    <tr
      class={lit ? "kw-search-lit" : undefined}
      data-state={trial.state}
      onPointerEnter={() => store.point(trial.number)}
    >
      <th scope="row">
        <button
          type="button"
          class="kw-link"
          aria-pressed={chosen}
          aria-label={t("Show trial %1", trial.number)}
          onClick={() => store.choose(chosen ? null : trial.number)}
        >
          {trial.number}
        </button>
      </th>
      <td data-kind="text">
        <span
          class="kw-search-state"
          data-state={trial.state}
          title={trialExplanation(trial) || undefined}
        >
          {trialLabel(trial.state)}
        </span>
      </td>
      <td class={isBest ? "kw-best-cell" : undefined} title={isBest ? t("best trial") : undefined}>
        {formatTrialValue(trial.state === "running" ? (trial.values.at(-1) ?? null) : trial.value)}
      </td>
      {(names ? names.split("\n") : []).map((name) => (
        <td key={name}>{formatParam(trial.params.get(name))}</td>
      ))}
      <td>{trial.trained || "–"}</td>
      <td>{durationLabel(trial.seconds)}</td>
    </tr>
  );
}
