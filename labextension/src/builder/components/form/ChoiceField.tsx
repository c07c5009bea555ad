/** One of a few values: choices, activations, dtypes, and True/False/None. */

import { t } from "../../../shared/translation";
import type { Parameter, Value } from "../../protocol";
import { choiceText, equalValues } from "../../values";
import { useTools } from "../builderContext";
import type { ControlProps } from "./fieldProps";
import { useChanges } from "./formContext";
import { nothing, Select, type SelectOption } from "./Select";

export function ChoiceField(props: ControlProps) {
  const { parameter, path, value, id, describedBy, invalid, commit } = props;
  const { catalog } = useTools();
  const changes = useChanges();
  const { choices, options, selected } = offer(parameter, value, catalog?.activations ?? []);
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

/** The values to choose from, what a select shows of them, and which of them holds. */
export function offer(
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
  const held = value === undefined ? (required ? undefined : parameter.default) : value;
  const index = held === undefined ? -1 : choices.findIndex((choice) => equalValues(choice, held));
  if (index < 0) options.unshift(nothing());
  return { choices, options, selected: index < 0 ? "" : String(index) };
}
