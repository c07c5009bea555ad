/** The control of an object of the catalog: a select of its class, a form for its arguments. */

import { useState } from "preact/hooks";
import { t } from "../../../shared/translation";
import { isObject } from "../../values";
import { useBuilder } from "../builderContext";
import type { ControlProps } from "./fieldProps";
import { useChanges } from "./formContext";
import { ObjectArguments } from "./ObjectArguments";
import { objectChoices, PLAIN } from "./objectChoices";
import { Select } from "./Select";
import { TextField } from "./TextField";

export function ObjectField(props: ControlProps) {
  const { parameter, path, value, id, describedBy, invalid, commit } = props;
  const { catalog } = useBuilder();
  const changes = useChanges();
  const [asPlain, setAsPlain] = useState(false);
  const choices = objectChoices(catalog, parameter, value);
  const plain = choices.selected === PLAIN || asPlain;
  const { entry } = choices;
  const choose = (chosen: string) => {
    setAsPlain(chosen === PLAIN);
    if (chosen === choices.selected || chosen === "") return Promise.resolve(true);
    // The user types a number next; until then the default is used.
    if (chosen === PLAIN) return commit(() => changes.reset(path));
    const wanted = choices.valueOf(chosen);
    return commit(() =>
      wanted === undefined ? changes.reset(path) : changes.setValue(path, wanted),
    );
  };
  const hasPlain = choices.options.some((option) => option.id === PLAIN);
  return (
    <div class="kw-b-object">
      <div class="kw-b-object-row">
        {hasPlain && plain && <TextField {...props} />}
        <Select
          {...(hasPlain && plain ? { label: t("%1 given as", parameter.name) } : { id })}
          options={choices.options}
          selected={plain ? PLAIN : choices.selected}
          describedBy={describedBy}
          invalid={invalid && !plain}
          required={parameter.required}
          onChoose={choose}
        />
        {!isObject(value) && entry && entry.parameters.length > 0 && (
          <button
            type="button"
            class="kw-b-button kw-b-small"
            aria-label={t("Adjust %1", parameter.name)}
            title={t("Set the arguments of %1", entry.name)}
            onClick={() =>
              void commit(() => changes.setValue(path, { class_name: entry.key, arguments: {} }))
            }
          >
            {t("Adjust")}
          </button>
        )}
      </div>
      {isObject(value) && entry && (
        <ObjectArguments
          name={parameter.name}
          values={value.arguments}
          path={path}
          parameters={entry.parameters}
          title={entry.name}
        />
      )}
    </div>
  );
}
