/** The control of a list of objects (metrics, callbacks, losses): set, remove and add them. */

import { t } from "../../../shared/translation";
import type { Parameter, Value } from "../../protocol";
import { equalValues, isObject } from "../../values";
import { useBuilder } from "../builderContext";
import { focusById } from "../focus";
import { IconButton } from "../icons";
import type { ControlProps } from "./fieldProps";
import { useChanges } from "./formContext";
import { ObjectArguments } from "./ObjectArguments";
import { objectChoices } from "./objectChoices";
import { Select } from "./Select";

export function ListField(props: ControlProps) {
  const { parameter, path, value, id, describedBy, invalid, commit } = props;
  const { catalog } = useBuilder();
  const changes = useChanges();
  const items = itemsOf(value === undefined ? parameter.default : value);
  const item: Parameter = { ...parameter, field: "object", required: true, nullable: false };
  const replace = (next: Value[]) =>
    commit(() =>
      next.length || parameter.required ? changes.setValue(path, next) : changes.reset(path),
    );
  const adding = objectChoices(catalog, item, undefined);
  // The same object twice is of no use.
  const isNew = (id: string) => {
    const offered = adding.valueOf(id);
    return offered === undefined || !items.some((item) => equalValues(item, offered));
  };
  const prompt = { id: "", label: t("Add to %1…", parameter.name) };
  return (
    <div class="kw-b-objects">
      {items.length > 0 && (
        <ol class="kw-b-items">
          {items.map((current, i) => {
            const choices = objectChoices(catalog, item, current);
            const title = choices.options.find(({ id }) => id === choices.selected)?.label ?? "";
            return (
              <li key={i} class="kw-b-item">
                <div class="kw-b-object-row">
                  <Select
                    label={`${parameter.name} ${i + 1}`}
                    options={choices.options}
                    selected={choices.selected}
                    onChoose={(chosen) => {
                      const wanted = choices.valueOf(chosen);
                      if (wanted === undefined) return Promise.resolve(false);
                      return replace(items.map((other, at) => (at === i ? wanted : other)));
                    }}
                  />
                  <IconButton
                    icon="close"
                    label={t("Remove %1", title)}
                    onClick={(event) => {
                      focusById(event.currentTarget as Element, id);
                      void replace(items.filter((_, at) => at !== i));
                    }}
                  />
                </div>
                {isObject(current) && choices.entry && (
                  <ObjectArguments
                    name={title}
                    title={t("Arguments")}
                    parameters={choices.entry.parameters}
                    values={current.arguments}
                    path={[...path, i]}
                  />
                )}
              </li>
            );
          })}
        </ol>
      )}
      <Select
        prompt
        id={id}
        options={[prompt, ...adding.options.filter(({ id }) => id !== "" && isNew(id))]}
        selected=""
        describedBy={describedBy}
        invalid={invalid}
        onChoose={(chosen) => {
          const wanted = adding.valueOf(chosen);
          return wanted === undefined ? Promise.resolve(false) : replace([...items, wanted]);
        }}
      />
    </div>
  );
}

function itemsOf(value: Value): Value[] {
  if (Array.isArray(value)) return value;
  return value === null ? [] : [value];
}
