/** Which variables of the notebook the files are compared on. */

import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { DataChoice } from "../protocol";
import type { ExportStore } from "../store";

export function DataFields({ store, disabled }: { store: ExportStore; disabled: boolean }) {
  const { choices, inputs } = store;
  const targets = store.targets;
  return (
    <fieldset class="kw-export-data" disabled={disabled}>
      <legend>{t("Data")}</legend>
      <Field
        label={t("Samples to compare")}
        value={choices.samples}
        none={t("Random numbers")}
        data={inputs}
        onChange={(samples) => store.choose({ samples })}
      />
      <Field
        label={t("Validation inputs")}
        value={choices.x}
        none={t("None: no metrics are compared")}
        data={inputs}
        onChange={(x) => store.choose({ x, y: "" })}
      />
      {targets.length > 0 && (
        <Field
          label={t("Validation targets")}
          value={choices.y}
          none={t("None: no metrics are compared")}
          data={targets}
          onChange={(y) => store.choose({ x: choices.x, y })}
        />
      )}
      {store.isCalibrated && (
        <Field
          label={t("Calibration of 8-bit integers")}
          value={choices.calibration}
          none={t("The compared samples")}
          data={inputs}
          onChange={(calibration) => store.choose({ calibration })}
        />
      )}
      <label class="kw-export-check">
        <input
          type="checkbox"
          checked={choices.latency}
          onChange={(event) => store.choose({ latency: event.currentTarget.checked })}
        />
        {t("Measure the latency, some seconds a format")}
      </label>
      {inputs.length === 0 && (
        <p class="kw-hint">
          {t(
            "No variable of the notebook fits the input. Make one, such as x_test; for several inputs, a dictionary with an array for each.",
          )}
        </p>
      )}
    </fieldset>
  );
}

interface FieldProps {
  label: string;
  value: string;
  /** What the empty choice means. */
  none: string;
  data: readonly DataChoice[];
  onChange: (name: string) => void;
}

function Field({ label, value, none, data, onChange }: FieldProps) {
  const id = useUniqueId("export-data");
  return (
    <div class="kw-export-field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{none}</option>
        {data.map(({ name, shape }) => (
          <option key={name} value={name}>
            {shape ? `${name} · ${shape}` : name}
          </option>
        ))}
      </select>
    </div>
  );
}
