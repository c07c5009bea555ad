/** A text that a click turns into a field: Enter keeps what is typed, Escape does not. */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";

interface EditableTextProps {
  value: string;
  /** What it is, for its name: "Tags of digits". */
  label: string;
  /** Shown where the text is empty. */
  placeholder: string;
  /** Keep a text; resolves with the reason if that failed, or "". */
  onSave: (text: string) => Promise<string>;
  multiline?: boolean;
  children?: preact.ComponentChildren;
}

export function EditableText(props: EditableTextProps) {
  const { value, label, placeholder, onSave, multiline = false } = props;
  const [typed, setTyped] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const editing = typed !== null;
  useEffect(() => {
    if (!editing) return;
    field.current?.focus();
    field.current?.select();
  }, [editing]);
  const close = () => {
    setTyped(null);
    setProblem("");
    requestAnimationFrame(() => button.current?.focus());
  };
  const save = async () => {
    if (typed === null) return;
    if (typed === value) {
      close();
      return;
    }
    const failed = await onSave(typed);
    if (failed) setProblem(failed);
    else close();
  };
  if (typed === null) {
    return (
      <button
        type="button"
        class="kw-editable"
        ref={button}
        aria-label={label}
        title={value ? `${value}\n${t("Click to edit")}` : t("Click to edit")}
        onClick={() => setTyped(value)}
      >
        {props.children ?? (value || <span class="kw-editable-empty">{placeholder}</span>)}
      </button>
    );
  }
  const common = {
    ref: field,
    class: "kw-edit-field",
    "aria-label": label,
    "aria-invalid": problem !== "",
    title: problem || undefined,
    value: typed,
    placeholder,
    onInput: (event: { currentTarget: { value: string } }) => setTyped(event.currentTarget.value),
    onBlur: () => void save(),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.isComposing) return;
      if (event.key === "Escape") close();
      else if (event.key === "Enter" && !(multiline && event.shiftKey)) void save();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
  return (
    <span class="kw-edit">
      {multiline ? <textarea rows={3} {...common} /> : <input type="text" {...common} />}
      {problem && (
        <span class="kw-error" role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}
