/** A line or a few lines of code that can be copied, or inserted into a cell below the view. */

import { useState } from "preact/hooks";
import { copyText } from "../../shared/clipboard";
import { t } from "../../shared/translation";
import { useInsertCell } from "../../shared/useInsertCell";

export function CodeLine({ code }: { code: string }) {
  const [copied, setCopied] = useState(false);
  const { root, canInsert, insert } = useInsertCell();
  const copy = () => {
    copyText(code).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <span class="kw-i-code" ref={root}>
      <code data-several={code.includes("\n")}>{code}</code>
      <button type="button" aria-label={copied ? t("Copied") : t("Copy: %1", code)} onClick={copy}>
        {copied ? t("Copied") : t("Copy")}
      </button>
      {canInsert && (
        <button type="button" aria-label={t("Insert below: %1", code)} onClick={() => insert(code)}>
          {t("Insert below")}
        </button>
      )}
    </span>
  );
}
