/** A field to type in: sent on Enter and on leaving it; Escape takes back what was typed. */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../../shared/translation";
import { fieldText, isReference, pythonText } from "../../values";
import type { ControlProps } from "./fieldProps";
import { useChanges } from "./formContext";

export function TextField(props: ControlProps) {
  const { parameter, path, value, id, describedBy, invalid, commit, onForget } = props;
  const { field, nullable, required } = parameter;
  const changes = useChanges();
  const input = useRef<HTMLInputElement>(null);
  const shown = fieldText(value, field);
  // What stands in the field in place of `shown`: being typed, on its way, or refused.
  const [draft, setDraft] = useState<string | null>(null);
  const sent = useRef<string | null>(null);

  useEffect(() => {
    // The value came from elsewhere (undo, a method call): what was refused is of the past.
    if (!isFocused(input.current)) {
      setDraft(null);
      sent.current = null;
      onForget();
    }
    // Only a new value counts.
  }, [shown]);

  const forget = () => {
    sent.current = null;
    setDraft(null);
    onForget();
  };
  const apply = async () => {
    const text = input.current?.value ?? "";
    if (draft === null || text === sent.current) return;
    if (text === shown && (text !== "" || value === undefined)) {
      forget();
      return;
    }
    sent.current = text;
    const empty = text.trim() === "";
    const toDefault = empty && !required && (!nullable || parameter.default === null);
    const ok = await commit(() => (toDefault ? changes.reset(path) : changes.setText(path, text)));
    if (ok) {
      if (sent.current === text) sent.current = null;
      setDraft((now) => (now === text ? null : now));
    }
  };
  if (field === "reference" || isReference(value)) {
    return (
      <input
        id={id}
        class="kw-b-field-input"
        type="text"
        readOnly
        aria-describedby={describedBy}
        value={value === undefined ? pythonText(parameter.default) : pythonText(value)}
      />
    );
  }
  const text = draft ?? shown;
  return (
    <input
      ref={input}
      id={id}
      class="kw-b-field-input"
      type="text"
      inputMode={field === "float" ? "decimal" : undefined}
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      placeholder={required ? hint(field) : pythonPlaceholder(props)}
      aria-invalid={invalid}
      aria-required={required}
      aria-describedby={describedBy}
      data-unsaved={draft !== null && draft !== shown}
      value={text}
      onInput={(event) => {
        sent.current = null;
        setDraft(event.currentTarget.value);
      }}
      onBlur={() => void apply()}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.isComposing) {
          event.preventDefault();
          void apply();
        } else if (event.key === "Escape" && draft !== null) {
          event.preventDefault();
          forget();
        }
      }}
    />
  );
}

function pythonPlaceholder({ parameter, value }: ControlProps): string {
  if (value === null) return "None";
  const text = fieldText(parameter.default, parameter.field);
  return text === "" ? (parameter.default === null ? "None" : "''") : text;
}

function hint(field: string): string {
  if (field === "shape") return t("such as 28, 28, 1");
  return field === "int" ? t("a whole number") : "";
}

function isFocused(element: HTMLElement | null): boolean {
  if (!element) return false;
  return (element.getRootNode() as Document | ShadowRoot).activeElement === element;
}
