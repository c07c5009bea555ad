/** The threshold of scores, which the view applies itself. */

import { t } from "../../shared/translation";

interface ThresholdProps {
  value: number;
  bins: number;
  /** That of the kernel. */
  first: number;
  onChange: (value: number | null) => void;
}

export function Threshold({ value, bins, first, onChange }: ThresholdProps) {
  return (
    <div class="kw-i-threshold">
      <label>
        {t("Threshold")}
        <input
          type="range"
          min={0}
          max={1}
          step={1 / bins}
          value={value}
          aria-valuetext={value.toFixed(2)}
          onInput={(event) => onChange(Number(event.currentTarget.value))}
        />
      </label>
      <b aria-hidden="true">{value.toFixed(2)}</b>
      {Math.abs(value - first) > 1e-6 && (
        <button type="button" class="kw-link" onClick={() => onChange(null)}>
          {t("Reset to %1", first.toFixed(2))}
        </button>
      )}
    </div>
  );
}
