/** The formats, each with a checkbox, or with the line that installs what it needs. */

import { useUniqueId } from "../../shared/hooks";
import { t, translated } from "../../shared/translation";
import type { TargetRow } from "../protocol";
import type { ExportStore } from "../store";
import { CopyLine } from "./CopyLine";

export function FormatList({ store, disabled }: { store: ExportStore; disabled: boolean }) {
  const targets = store.list?.targets ?? [];
  const installed = targets.filter(({ missing }) => missing.length === 0);
  const missing = targets.filter((target) => target.missing.length > 0);
  return (
    <fieldset class="kw-export-formats" disabled={disabled}>
      <legend>{t("Formats")}</legend>
      <ul>
        {installed.map((target) => (
          <Format key={target.id} store={store} target={target} />
        ))}
      </ul>
      {missing.length > 0 && (
        <details class="kw-export-missing">
          <summary>
            {missing.length === 1
              ? t("1 format needs a package that is not installed")
              : t("%1 formats need packages that are not installed", missing.length)}
          </summary>
          <ul>
            {missing.map(({ id, title, runs_on, install }) => (
              <li key={id}>
                <b>{title}</b> <span class="kw-hint">{translated(runs_on)}</span>
                <CopyLine code={install} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </fieldset>
  );
}

function Format({ store, target }: { store: ExportStore; target: TargetRow }) {
  const id = useUniqueId("format");
  return (
    <li>
      <label>
        <input
          type="checkbox"
          checked={store.choices.targets.has(target.id)}
          aria-describedby={id}
          onChange={(event) => store.toggle(target.id, event.currentTarget.checked)}
        />
        <b>{target.title}</b>
      </label>
      <span id={id} class="kw-hint">
        {translated(target.runs_on)}
      </span>
    </li>
  );
}
