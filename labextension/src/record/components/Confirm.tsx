/** A question before something is deleted, in place of a dialog of the page's. */

import { useEffect, useRef } from "preact/hooks";
import { t } from "../../shared/translation";

interface ConfirmProps {
  question: string;
  action: string;
  busy: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

export function Confirm({ question, action, busy, onConfirm, onCancel }: ConfirmProps) {
  const cancel = useRef<HTMLButtonElement>(null);
  // The harmless answer has the focus.
  useEffect(() => cancel.current?.focus(), []);
  return (
    <div
      class="kw-run-confirm"
      role="alertdialog"
      aria-label={question}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onCancel();
      }}
    >
      <span>{question}</span>
      <button type="button" class="kw-danger" aria-busy={busy} disabled={busy} onClick={onConfirm}>
        {action}
      </button>
      <button type="button" ref={cancel} onClick={onCancel}>
        {t("Cancel")}
      </button>
    </div>
  );
}
