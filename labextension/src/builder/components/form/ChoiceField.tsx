/** The control of a value out of a few: choices, activations, dtypes, and True/False/None. */

import { t } from "../../../shared/translation";
import type { Parameter, Value } from "../../protocol";
import { choiceText, equalValues } from "../../values";
import { useBuilder } from "../builderContext";
import type { ControlProps } from "./fieldProps";
import { useChanges } from "./formContext";
import { noChoice, Select, type SelectOption } from "./Select";

export function ChoiceField(props: ControlProps) {
  const { parameter, path, value, id, describedBy, invalid, commit } = props;
  const { catalog } = useBuilder();
  const changes = useChanges();
  const { choices, options, selected } = choiceOptions(
    parameter,
    value,
    catalog?.activations ?? [],
  );
  return (
    <Select
      id={id}
      options={options}
      selected={selected}
      describedBy={describedBy}
      invalid={invalid}
      required={parameter.required}
      onChoose={(chosen) => {
        const wanted = choices[Number(chosen)];
        if (chosen === "" || wanted === undefined) return Promise.resolve(false);
        const isDefault = !parameter.required && equalValues(wanted, parameter.default);
        return commit(() => (isDefault ? changes.reset(path) : changes.setValue(path, wanted)));
      }}
    />
  );
}

/** Return the values to choose from, the options of a select for them, and which one is current. */
export function choiceOptions(
  parameter: Parameter,
  value: Value | undefined,
  activations: readonly string[],
): { choices: Value[]; options: SelectOption[]; selected: string } {
  const { field, required } = parameter;
  const choices: Value[] = [
    ...(parameter.choices ??
      (field === "activation" ? activations : field === "bool" ? [true, false] : [])),
  ];
  const has = (wanted: Value) => choices.some((choice) => equalValues(choice, wanted));
  if (parameter.nullable && !has(null)) choices.unshift(null);
  if (!required && !has(parameter.default)) choices.unshift(parameter.default);
  if (value !== undefined && !has(value)) choices.push(value);
  const options = choices.map((choice, i) => ({
    id: String(i),
    label:
      !required && equalValues(choice, parameter.default)
        ? t("%1 (default)", choiceText(choice))
        : choiceText(choice),
  }));
  const current = value === undefined ? (required ? undefined : parameter.default) : value;
  const index =
    current === undefined ? -1 : choices.findIndex((choice) => equalValues(choice, current));
  if (index < 0) options.unshift(noChoice());
  return { choices, options, selected: index < 0 ? "" : String(index) };
}
