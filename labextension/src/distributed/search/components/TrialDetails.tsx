/** What is known of the chosen trial, in full. */

import { t } from "../../../shared/translation";
import {
  durationLabel,
  formatParam,
  formatTrialValue,
  trialExplanation,
  trialLabel,
} from "../labels";
import type { SearchStore } from "../store";

export function TrialDetails({ store }: { store: SearchStore }) {
  const trial = store.chosen === null ? undefined : store.trials.get(store.chosen);
  if (!trial) return null;
  const explanation = trialExplanation(trial);
  const metric = store.search.metric || t("value");
  return (
    <section class="kw-search-details" aria-label={t("Trial %1", trial.number)}>
      <header>
        <h3>{t("Trial %1", trial.number)}</h3>
        <span class="kw-search-state" data-state={trial.state}>
          {trialLabel(trial.state)}
        </span>
        <button
          type="button"
          aria-label={t("Close trial %1", trial.number)}
          onClick={() => store.choose(null)}
        >
          ×
        </button>
      </header>
      {explanation && (
        <p class={trial.state === "failed" ? "kw-error" : "kw-hint"}>{explanation}</p>
      )}
      <ul>
        <li>
          <span>{metric}</span>
          <b>{formatTrialValue(trial.value ?? trial.values.at(-1) ?? null)}</b>
        </li>
        {[...trial.params].map(([name, value]) => (
          <li key={name}>
            <span>{name}</span>
            <b>{typeof value === "number" ? Number(value.toPrecision(6)) : formatParam(value)}</b>
          </li>
        ))}
        <li>
          <span>{t("Epochs")}</span>
          <b>{trial.trained}</b>
        </li>
        <li>
          <span>{t("Duration")}</span>
          <b>{durationLabel(trial.seconds)}</b>
        </li>
        {trial.runs.length > 0 && (
          <li>
            <span>{t("Recorded as")}</span>
            <b class="kw-search-runs">{trial.runs.join(", ")}</b>
          </li>
        )}
      </ul>
    </section>
  );
}
