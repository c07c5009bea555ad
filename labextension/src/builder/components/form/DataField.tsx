/** The control of a fit's data: a select of the notebook's variables. */

import { t } from "../../../shared/translation";
import type { DataState } from "../../protocol";
import { isVariable, pythonText } from "../../values";
import { useBuilder } from "../builderContext";
import type { ControlProps } from "./fieldProps";
import { useChanges } from "./formContext";
import { noChoice, Select, type SelectOption } from "./Select";

export function DataField(props: ControlProps) {
  const { parameter, path, value, id, describedBy, invalid, commit } = props;
  const { data } = useBuilder();
  const changes = useChanges();
  const options: SelectOption[] = variablesFor(data, parameter.name).map((variable) => ({
    id: variable.name,
    label: [variable.name, variable.shape, variable.dtype].filter(Boolean).join("  "),
  }));
  let selected = "";
  if (isVariable(value)) {
    selected = value.variable;
    if (!options.some((option) => option.id === selected)) {
      const known = data.some(({ name }) => name === selected);
      options.push({ id: selected, label: known ? selected : t("%1 (not found)", selected) });
    }
  } else if (value !== undefined && value !== null) {
    selected = "value:";
    options.push({ id: selected, label: pythonText(value) });
  }
  options.unshift(parameter.required ? noChoice() : { id: "", label: "None" });
  return (
    <Select
      id={id}
      options={options}
      selected={selected}
      describedBy={describedBy}
      invalid={invalid}
      required={parameter.required}
      onChoose={(chosen) => {
        if (chosen === selected) return Promise.resolve(true);
        return commit(() =>
          chosen === "" ? changes.reset(path) : changes.setValue(path, { variable: chosen }),
        );
      }}
    />
  );
}

/** Return the variables that fit the parameter: inputs may be a whole dataset, targets may not. */
export function variablesFor(data: readonly DataState[], name: string): DataState[] {
  const takes = (roles: readonly string[], ...wanted: string[]) =>
    wanted.some((role) => roles.includes(role));
  if (name === "x" || name.endsWith("_x")) {
    return data.filter(({ roles }) => takes(roles, "x", "dataset"));
  }
  if (name === "y" || name.endsWith("_y")) return data.filter(({ roles }) => takes(roles, "y"));
  return [...data];
}
