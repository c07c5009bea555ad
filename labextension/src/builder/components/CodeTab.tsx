/** The Code tab: the model as Python source, to copy or to put into a cell. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";
import { highlight } from "../highlight";
import type { Code } from "../protocol";
import { useBuilder } from "./builderContext";
import { InsertButton } from "./InsertButton";
import { Icon } from "./icons";

export function CodeTab({ code }: { code: Code }) {
  const { announce, showError } = useBuilder();
  const source = useRef<HTMLPreElement>(null);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (await copyText(code.source, source.current!)) {
      setCopied(true);
      announce(t("Copied"));
    } else showError(t("Copying is blocked by the browser. The code is selected; press Ctrl+C."));
  };
  return (
    <section class="kw-b-code" aria-label={t("Code")}>
      <div class="kw-b-code-bar">
        <button type="button" class="kw-b-button" onClick={() => void copy()}>
          <Icon name={copied ? "trained" : "copy"} />
          {copied ? t("Copied") : t("Copy")}
        </button>
        <InsertButton
          label={t("Insert below")}
          source={code.source}
          onInserted={() => announce(t("Inserted below"))}
        />
      </div>
      {code.notes.length > 0 && (
        <ul class="kw-b-code-notes" aria-label={t("Notes on the code")}>
          {code.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre ref={source} class="kw-b-source" tabIndex={0}>
        <Source text={code.source} />
      </pre>
    </section>
  );
}

/** Python source with its syntax highlighted. */
export function Source({ text }: { text: string }) {
  const tokens = useMemo(() => highlight(text), [text]);
  return (
    <code>
      {tokens.map((token, i) =>
        token.kind === "plain" ? (
          token.text
        ) : (
          <span key={i} class={`kw-b-${token.kind}`}>
            {token.text}
          </span>
        ),
      )}
    </code>
  );
}

/** Put `text` on the clipboard; over plain http only the old way through a selection works. */
async function copyText(text: string, element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand("copy");
  }
}
