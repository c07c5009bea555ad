/** Announces the state of the training to screen readers, at most once in ten seconds. */

import { useEffect, useRef, useState } from "preact/hooks";
import { formatValue } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import { aheadOfKeras, trainingLabel } from "../labels";
import type { Progress } from "../protocol";
import type { RunStore } from "../store";

const MIN_INTERVAL_MS = 10_000;

export function Announcer({ store, progress }: { store: RunStore; progress: Progress }) {
  const text = describe(store, progress);
  const [announced, setAnnounced] = useState(text);
  const latest = useRef(text);
  const announcedAt = useRef(performance.now());
  latest.current = text;
  useEffect(() => {
    if (text === announced) return;
    const wait = Math.max(0, announcedAt.current + MIN_INTERVAL_MS - performance.now());
    const timer = setTimeout(() => {
      announcedAt.current = performance.now();
      setAnnounced(latest.current);
    }, wait);
    return () => clearTimeout(timer);
  }, [text, announced]);
  return (
    <p class="kw-unseen" aria-live="polite" aria-atomic="true">
      {announced}
    </p>
  );
}

/** Return a text that changes with the status and with each epoch, not with each number. */
function describe(store: RunStore, progress: Progress): string {
  const row = store.epoch.rows - 1;
  const values = (store.run?.metrics ?? []).slice(0, 2).flatMap(({ name }) => {
    const value = store.epoch.at(`training/${name}`, row);
    return !store.isReported(`training/${name}`, row) ? [] : [`${name} ${formatValue(value)}`];
  });
  const epoch = progress.epoch + (store.run ? aheadOfKeras(store.run) : 0);
  const status = t("Training %1", trainingLabel(progress, store.workers));
  if (store.workers?.waits_for) return [status, translated(store.workers.waits_for)].join(", ");
  return [status, t("epoch %1", epoch), ...values].join(", ");
}
