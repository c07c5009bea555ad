/** A select for the fit to show, the latest or an earlier one, and the results of earlier fits. */

import { t } from "../../shared/translation";
import { statusLabel } from "../labels";
import type { EarlierFit, RunInfo, Status } from "../protocol";

interface FitSelectProps {
  run: RunInfo;
  status: Status;
  earlier: readonly EarlierFit[];
  /** Number of the fit that is shown; null for the latest, whichever that is. */
  selected: number | null;
  onSelect: (fit: number | null) => void;
}

export function FitSelect({ run, status, earlier, selected, onSelect }: FitSelectProps) {
  const name = (fit: number, model: string, state: Status) =>
    t("Fit %1 · %2 · %3", fit, model, statusLabel(state));
  return (
    <div class="kw-fits">
      <label>
        <span>{t("Fit")}</span>
        <select
          class="kw-select"
          aria-label={t("Fit")}
          value={selected === null ? "latest" : String(selected)}
          onChange={(event) => {
            const { value } = event.currentTarget;
            onSelect(value === "latest" ? null : Number(value));
          }}
        >
          {earlier.map((fit) => (
            <option key={fit.run.fit} value={String(fit.run.fit)}>
              {name(fit.run.fit, fit.run.model_name, fit.status)}
            </option>
          ))}
          <option value="latest">{name(run.fit, run.model_name, status)}</option>
        </select>
      </label>
      <details class="kw-results">
        <summary>{t("Results of earlier fits")}</summary>
        <ol aria-label={t("Results")}>
          {earlier.map((fit) => (
            <li key={fit.run.fit} value={fit.run.fit}>
              {fit.summary}
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}
