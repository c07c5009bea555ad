/** One labelled field: the control for its kind, help, error, and a button that resets it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useUniqueId } from "../../../shared/hooks";
import { t } from "../../../shared/translation";
import type { Parameter, Reply } from "../../protocol";
import { pythonText } from "../../values";
import { useBuilder } from "../builderContext";
import { focusById } from "../focus";
import { IconButton } from "../icons";
import { CheckField } from "./CheckField";
import { ChoiceField } from "./ChoiceField";
import { DataField } from "./DataField";
import type { FieldProps } from "./fieldProps";
import { useChanges } from "./formContext";
import { ListField } from "./ListField";
import { ObjectField } from "./ObjectField";
import { TextField } from "./TextField";

export function Field({ parameter, path, value, error }: FieldProps) {
  const { name, help, required } = parameter;
  const id = useUniqueId("field");
  const [refusal, setRefusal] = useState("");
  const [helpShown, showHelp] = useState(false);
  const changes = useChanges();
  const explicit = value !== undefined;
  const missing = required && !explicit;
  const wrong = refusal || error;
  const { showError } = useBuilder();
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  const commit = async (change: () => Promise<Reply>) => {
    const reply = await change();
    // The field is gone if another layer has been selected in the meantime.
    if (!shown.current && !reply.ok) showError(t("%1 was not changed. %2", name, reply.message));
    setRefusal(reply.ok ? "" : reply.message || t("This value is invalid."));
    return reply.ok;
  };
  const Control = controlFor(parameter);
  return (
    <div class="kw-b-field" data-set={explicit && !required} data-kind={parameter.field}>
      <div class="kw-b-field-head">
        <label for={id}>{breakable(name)}</label>
        {missing && <span class="kw-b-required">{t("required")}</span>}
        {help && (
          <IconButton
            icon="info"
            label={t("About %1", name)}
            title={help}
            expanded={helpShown}
            controls={`${id}-help`}
            onClick={() => showHelp(!helpShown)}
          />
        )}
        {explicit && !required && (
          <IconButton
            icon="reset"
            label={t("Reset %1", name)}
            title={t("Reset to the default, %1", pythonText(parameter.default))}
            onClick={(event) => {
              // This button disappears; the focus must not.
              focusById(event.currentTarget as Element, id);
              void commit(() => changes.reset(path));
            }}
          />
        )}
      </div>
      <Control
        parameter={parameter}
        path={path}
        value={value}
        id={id}
        describedBy={`${id}-error ${id}-help`}
        invalid={wrong !== ""}
        commit={commit}
        onRevert={() => setRefusal("")}
      />
      <p id={`${id}-error`} class="kw-b-error" aria-live="polite">
        {wrong}
      </p>
      <p id={`${id}-help`} class="kw-b-help" hidden={!helpShown}>
        {help}
      </p>
    </div>
  );
}

/** Allow line breaks after underscores of a long name. */
function breakable(name: string): ComponentChildren {
  return name.split(/(?<=_)/).map((part, i) => [i > 0 && <wbr />, part]);
}

function controlFor({ field, section, nullable }: Parameter) {
  if (field === "object") return ObjectField;
  if (field === "objects") return ListField;
  if (field === "data") return DataField;
  // Such as a number, or a schedule in its place.
  if (section) return ObjectField;
  if (field === "bool" && !nullable) return CheckField;
  if (field === "choice" || field === "activation" || field === "dtype" || field === "bool") {
    return ChoiceField;
  }
  return TextField;
}
