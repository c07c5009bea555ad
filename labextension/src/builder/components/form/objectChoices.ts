/** Computes the options of a select for an object: classes, plain values, the default. */

import { t } from "../../../shared/translation";
import { entryByName, sectionEntries } from "../../catalog";
import type { Catalog, Entry, Parameter, Value } from "../../protocol";
import { choiceText, className, isObject } from "../../values";
import { noChoice, type SelectOption } from "./Select";

export interface ObjectChoices {
  options: SelectOption[];
  selected: string;
  /** The selected class, when it is one of the catalog's. */
  entry: Entry | undefined;
  /** Return the value of an option; undefined for the default. */
  valueOf: (id: string) => Value | undefined;
}

/** Id of the option for a plain value, such as "a number" beside the classes of schedules. */
export const PLAIN = "plain:";

export function objectChoices(
  catalog: Catalog | null,
  parameter: Parameter,
  value: Value | undefined,
): ObjectChoices {
  const { required, nullable, field } = parameter;
  const entries = catalog ? sectionEntries(catalog, parameter.section) : [];
  const allowsPlain = field !== "object" && field !== "objects";
  const byId = new Map<string, Value | undefined>();
  const options: SelectOption[] = [];
  const add = (id: string, label: string, optionValue: Value | undefined, group = "") => {
    byId.set(id, optionValue);
    options.push({ id, label, group });
  };
  const idOf = (wanted: Value): string => {
    if (wanted === null) return "none:";
    if (isObject(wanted)) {
      const known = entries.find((entry) => entry.key === wanted.class_name);
      return `class:${known?.key ?? wanted.class_name}`;
    }
    if (allowsPlain && typeof wanted !== "string") return PLAIN;
    const named = typeof wanted === "string" ? entryByName(entries, wanted) : undefined;
    return named ? `class:${named.key}` : `value:${JSON.stringify(wanted)}`;
  };
  const defaultId = idOf(parameter.default);
  const mark = (id: string, label: string) =>
    !required && id === defaultId ? t("%1 (default)", label) : label;

  if (allowsPlain)
    add(PLAIN, field === "float" || field === "int" ? t("a number") : t("a value"), null);
  if (nullable || (defaultId === "none:" && !required)) {
    if (!allowsPlain) add("none:", mark("none:", "None"), null);
  }
  for (const choice of parameter.choices ?? []) {
    const id = idOf(choice);
    if (!byId.has(id)) add(id, mark(id, choiceText(choice)), choice);
  }
  for (const entry of entries) {
    const id = `class:${entry.key}`;
    if (entry.unusable || byId.has(id)) continue;
    add(
      id,
      mark(id, entry.name),
      { class_name: entry.key, arguments: {} },
      groupOf(entry, entries),
    );
  }
  const current =
    value === undefined ? (required && !allowsPlain ? undefined : parameter.default) : value;
  let selected =
    current === undefined ? "" : allowsPlain && current === null ? PLAIN : idOf(current);
  if (selected === PLAIN && !allowsPlain) selected = "";
  if (current !== undefined && !byId.has(selected)) {
    const label = isObject(current) ? className(current.class_name) : choiceText(current);
    byId.set(selected, current);
    options.unshift({ id: selected, label: mark(selected, label) });
  }
  if (!byId.has(selected)) options.unshift(noChoice());
  const key = selected.startsWith("class:") ? selected.slice("class:".length) : "";
  return {
    options,
    selected,
    entry: catalog?.entries[key],
    valueOf: (id) => {
      const isDefault = !required && id === defaultId && id !== PLAIN;
      return isDefault ? undefined : byId.get(id);
    },
  };
}

/** Return the group of an entry; groups help in long lists only. */
function groupOf(entry: Entry, entries: readonly Entry[]): string {
  return entries.length > 24 ? entry.group : "";
}
