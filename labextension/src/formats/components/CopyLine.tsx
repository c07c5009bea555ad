/** A line of code that can be copied. */

import { useState } from "preact/hooks";
import { copyText } from "../../shared/clipboard";
import { t } from "../../shared/translation";

export function CopyLine({ code }: { code: string }) {
  return (
    <span class="kw-export-line">
      <code>{code}</code>
      <CopyButton text={code} label={t("Copy: %1", code)} />
    </span>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState("");
  const copy = () => {
    copyText(text).then(
      () => setSaid(t("Copied")),
      () => setSaid(t("Cannot copy")),
    );
  };
  return (
    <button type="button" aria-label={said || label} onClick={copy} onBlur={() => setSaid("")}>
      {said || t("Copy")}
    </button>
  );
}
