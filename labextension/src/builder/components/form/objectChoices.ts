/** What may stand where an object is wanted, and which of it does: the options of a select. */

import { t } from "../../../shared/translation";
import { entryByName, sectionEntries } from "../../catalog";
import type { Catalog, Entry, Parameter, Value } from "../../protocol";
import { choiceText, className, isObject, pythonText } from "../../values";
import { nothing, type SelectOption } from "./Select";

export interface ObjectChoices {
  options: SelectOption[];
  selected: string;
  /** The class that holds, when it is one of the catalog's. */
  entry: Entry | undefined;
  /** The value that a chosen option stands for; undefined for the default. */
  valueOf: (id: string) => Value | undefined;
}

/** Fields of these kinds hold plain values too: "a number" beside the classes. */
export const PLAIN = "plain:";

export function objectChoices(
  catalog: Catalog | null,
  parameter: Parameter,
  value: Value | undefined,
): ObjectChoices {
  const { required, nullable, field } = parameter;
  const entries = catalog ? sectionEntries(catalog, parameter.section) : [];
  const plainToo = field !== "object" && field !== "objects";
  const byId = new Map<string, Value | undefined>();
  const options: SelectOption[] = [];
  const add = (id: string, label: string, stands: Value | undefined, group = "") => {
    byId.set(id, stands);
    options.push({ id, label, group });
  };
  const idOf = (wanted: Value): string => {
    if (wanted === null) return "none:";
    if (isObject(wanted)) {
      const known = entries.find((entry) => entry.key === wanted.class_name);
      return `class:${known?.key ?? wanted.class_name}`;
    }
    if (plainToo && typeof wanted !== "string") return PLAIN;
    const named = typeof wanted === "string" ? entryByName(entries, wanted) : undefined;
    return named ? `class:${named.key}` : `value:${JSON.stringify(wanted)}`;
  };
  const byDefault = idOf(parameter.default);
  const mark = (id: string, label: string) =>
    !required && id === byDefault ? t("%1 (default)", label) : label;

  if (plainToo)
    add(PLAIN, field === "float" || field === "int" ? t("a number") : t("a value"), null);
  if (nullable || (byDefault === "none:" && !required)) {
    if (!plainToo) add("none:", mark("none:", "None"), null);
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
  const held =
    value === undefined ? (required && !plainToo ? undefined : parameter.default) : value;
  let selected = held === undefined ? "" : plainToo && held === null ? PLAIN : idOf(held);
  if (selected === PLAIN && !plainToo) selected = "";
  if (held !== undefined && !byId.has(selected)) {
    const label = isObject(held) ? className(held.class_name) : ownText(held);
    byId.set(selected, held);
    options.unshift({ id: selected, label: mark(selected, label) });
  }
  if (!byId.has(selected)) options.unshift(nothing());
  const key = selected.startsWith("class:") ? selected.slice("class:".length) : "";
  return {
    options,
    selected,
    entry: catalog?.entries[key],
    valueOf: (id) => {
      const isDefault = !required && id === byDefault && id !== PLAIN;
      return isDefault ? undefined : byId.get(id);
    },
  };
}

function ownText(value: Value): string {
  return typeof value === "string" ? value : pythonText(value);
}

/** Groups help in long lists only. */
function groupOf(entry: Entry, entries: readonly Entry[]): string {
  return entries.length > 24 ? entry.group : "";
}
