/** Buttons that freeze or unfreeze layers with their children, and the code for it. */

import { useState } from "preact/hooks";
import { copyText } from "../../shared/clipboard";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import type { ModelEntry, TrainableSet } from "../protocol";
import { messageOf, type SummaryStore } from "../store";

interface TrainableProps {
  store: SummaryStore;
  entry: ModelEntry;
  /** Their paths in the model; "" is the model itself. */
  layers: string[];
  /** Layers up to this one; none: no such button. */
  upTo?: string[];
  /** Null: some are, and some are not. */
  trainable: boolean | null;
  /** The line of code that sets the other value, if already known. */
  knownCode: string | null;
}

export function Trainable({
  store,
  entry,
  layers,
  upTo = [],
  trainable,
  knownCode,
}: TrainableProps) {
  const [done, setDone] = useState<TrainableSet | null>(null);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  const now = done?.trainable ?? trainable;
  const several = layers.length > 1;
  const code = done?.code ?? knownCode;
  const set = async (paths: string[], wanted: boolean) => {
    setPending(true);
    setError(null);
    setCopied(false);
    try {
      setDone(
        await store.request("set_trainable", {
          ...{ model: entry.key, layers: paths, trainable: wanted },
        }),
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
        {now !== null && (now ? t("Trainable") : t("Frozen: training won't change its weights."))}{" "}
        {now !== false && (
          <button type="button" aria-busy={pending} onClick={() => void set(layers, false)}>
            {several ? t("Freeze %1 layers", formatCount(layers.length)) : t("Freeze")}
          </button>
        )}{" "}
        {now !== true && (
          <button type="button" aria-busy={pending} onClick={() => void set(layers, true)}>
            {several ? t("Unfreeze %1 layers", formatCount(layers.length)) : t("Unfreeze")}
          </button>
        )}{" "}
        {upTo.length > 1 && (
          <button
            type="button"
            aria-busy={pending}
            title={t("Freeze this layer and the %1 before it", formatCount(upTo.length - 1))}
            onClick={() => void set(upTo, false)}
          >
            {t("Freeze up to here")}
          </button>
        )}
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
          <code class="kw-code-lines">{code}</code>{" "}
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
