/** The control of a typed value: sent on Enter and on blur; Escape reverts it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../../shared/translation";
import { fieldText, isReference, pythonText } from "../../values";
import type { ControlProps } from "./fieldProps";
import { useChanges } from "./formContext";

export function TextField(props: ControlProps) {
  const { parameter, path, value, id, describedBy, invalid, commit, onRevert } = props;
  const { field, nullable, required } = parameter;
  const changes = useChanges();
  const input = useRef<HTMLInputElement>(null);
  const shown = fieldText(value, field);
  // The text shown in place of `shown`: being typed, sent, or refused.
  const [draft, setDraft] = useState<string | null>(null);
  const sent = useRef<string | null>(null);

  useEffect(() => {
    // The value was changed elsewhere (undo, a method call): drop a refused text.
    if (!isFocused(input.current)) {
      setDraft(null);
      sent.current = null;
      onRevert();
    }
    // Only after a new value.
  }, [shown]);

  const revert = () => {
    sent.current = null;
    setDraft(null);
    onRevert();
  };
  const apply = async () => {
    const text = input.current?.value ?? "";
    if (draft === null || text === sent.current) return;
    if (text === shown && (text !== "" || value === undefined)) {
      revert();
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
      placeholder={required ? formatHint(field) : defaultPlaceholder(props)}
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
          revert();
        }
      }}
    />
  );
}

function defaultPlaceholder({ parameter, value }: ControlProps): string {
  if (value === null) return "None";
  const text = fieldText(parameter.default, parameter.field);
  return text === "" ? (parameter.default === null ? "None" : "''") : text;
}

function formatHint(field: string): string {
  if (field === "shape") return t("for example 28, 28, 1");
  return field === "int" ? t("an integer") : "";
}

function isFocused(element: HTMLElement | null): boolean {
  if (!element) return false;
  return (element.getRootNode() as Document | ShadowRoot).activeElement === element;
}
