/** How much each hyperparameter matters for the value, as Optuna computes it. */

import { t } from "../../../shared/translation";
import type { SearchStore } from "../store";

export function ImportanceBars({ store }: { store: SearchStore }) {
  const { importance } = store.search;
  return (
    <figure>
      <figcaption>{t("Importance of the hyperparameters")}</figcaption>
      {importance.length === 0 ? (
        <p class="kw-hint">{t("Computed from 8 complete trials on.")}</p>
      ) : (
        <ul class="kw-search-bars" aria-label={t("Importance of the hyperparameters")}>
          {importance.map(({ name, share }) => (
            <li key={name}>
              <span class="kw-search-bar-name" title={name}>
                {name}
              </span>
              <span class="kw-search-bar" aria-hidden="true">
                <span style={{ width: `${Math.max(0.5, 100 * share)}%` }} />
              </span>
              <span>{(100 * share).toFixed(0)} %</span>
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}
