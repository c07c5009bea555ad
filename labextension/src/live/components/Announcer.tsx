/** Tells a screen reader how the training goes: politely, at most once in ten seconds. */

import { useEffect, useRef, useState } from "preact/hooks";
import { formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import { statusWord } from "../labels";
import type { Progress } from "../protocol";
import type { RunStore } from "../store";

const QUIET_MS = 10_000;

export function Announcer({ store, progress }: { store: RunStore; progress: Progress }) {
  const text = describe(store, progress);
  const [said, setSaid] = useState(text);
  const latest = useRef(text);
  const saidAt = useRef(performance.now());
  latest.current = text;
  useEffect(() => {
    if (text === said) return;
    const wait = Math.max(0, saidAt.current + QUIET_MS - performance.now());
    const timer = setTimeout(() => {
      saidAt.current = performance.now();
      setSaid(latest.current);
    }, wait);
    return () => clearTimeout(timer);
  }, [text, said]);
  return (
    <p class="kw-unseen" aria-live="polite" aria-atomic="true">
      {said}
    </p>
  );
}

/** Changes with the status and with each epoch, not with each number. */
function describe(store: RunStore, { status, epoch }: Progress): string {
  const row = store.epoch.rows - 1;
  const values = (store.run?.metrics ?? []).slice(0, 2).flatMap(({ name }) => {
    const value = store.epoch.at(`training/${name}`, row);
    return Number.isNaN(value) ? [] : [`${name} ${formatValue(value)}`];
  });
  return [t("Training %1", statusWord(status)), t("epoch %1", epoch), ...values].join(", ");
}
