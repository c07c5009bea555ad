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
      <dl>
        <div>
          <dt>{metric}</dt>
          <dd>{formatTrialValue(trial.value ?? trial.values.at(-1) ?? null)}</dd>
        </div>
        {[...trial.params].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "number" ? String(value) : formatParam(value)}</dd>
          </div>
        ))}
        <div>
          <dt>{t("Epochs")}</dt>
          <dd>{trial.trained}</dd>
        </div>
        <div>
          <dt>{t("Duration")}</dt>
          <dd>{durationLabel(trial.seconds)}</dd>
        </div>
        {trial.runs.length > 0 && (
          <div>
            <dt>{t("Recorded as")}</dt>
            <dd class="kw-search-runs">{trial.runs.join(", ")}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}
