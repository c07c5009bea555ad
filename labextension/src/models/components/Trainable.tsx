/** A button that freezes or unfreezes a layer with its children, and the line of code for it. */

import { useState } from "preact/hooks";
import { t } from "../../shared/translation";
import type { ModelEntry, TrainableSet } from "../protocol";
import { messageOf, type SummaryStore } from "../store";
import { copyText } from "./clipboard";

interface TrainableProps {
  store: SummaryStore;
  entry: ModelEntry;
  path: string;
  trainable: boolean;
  /** The line of code that sets the other value, if already known. */
  knownCode: string | null;
}

export function Trainable({ store, entry, path, trainable, knownCode }: TrainableProps) {
  const [done, setDone] = useState<TrainableSet | null>(null);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  const now = done?.trainable ?? trainable;
  const code = done?.code ?? knownCode;
  const set = async () => {
    setPending(true);
    setError(null);
    setCopied(false);
    try {
      setDone(
        await store.request("set_trainable", { model: entry.key, layer: path, trainable: !now }),
      );
      await store.load(entry.key);
    } catch (failure) {
      setError(messageOf(failure));
    }
    setPending(false);
  };
  return (
    <div class="kw-trainable">
      <p>
        {now ? t("Training changes its weights.") : t("Frozen: training leaves its weights.")}{" "}
        <button type="button" aria-busy={pending} onClick={() => void set()}>
          {now ? t("Freeze") : t("Unfreeze")}
        </button>
      </p>
      <p class="kw-error" role="alert">
        {error}
      </p>
      {done?.note && (
        <p class="kw-warning" role="status">
          {done.note}
        </p>
      )}
      {code && (
        <p class="kw-code-line">
          <code>{code}</code>{" "}
          <button
            type="button"
            onClick={() => {
              copyText(code).then(
                () => setCopied(true),
                (failure) => setError(messageOf(failure)),
              );
            }}
          >
            {copied ? t("Copied") : t("Copy line")}
          </button>
        </p>
      )}
    </div>
  );
}
