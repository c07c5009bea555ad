/** Keeps the builder's saved data in the notebook up to date, where the page can save it. */

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { FINAL_STATUSES, type Status } from "../../../live/protocol";
import { dispatchHostEvent, type MimeBundle, SAVE_BUNDLE } from "../../../shared/viewEvents";
import { BUILDER_MIME_TYPE } from "../../protocol";
import { parseSavedBuilder, type SavedBuilder } from "../../savedBuilder";
import type { BuilderSession } from "../../session";

/** The run's status before the first training. */
const IDLE = "idle";
const SAVE_DELAY_MS = 1000;
// A training changes nothing in the builder, but its curves must not be lost with the kernel.
const TRAINING_INTERVAL_MS = 30_000;

/**
 * Request the output's data from the kernel and offer it to the page, a second after the last
 * change and regularly during training. Return the data saved last.
 */
export function useSavedBundle(
  session: BuilderSession,
  region: RefObject<HTMLElement>,
): SavedBuilder | null {
  const [saved, setSaved] = useState<SavedBuilder | null>(null);
  useEffect(() => {
    const lifetime = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let savedSequence: number | undefined;
    const save = async () => {
      const element = region.current;
      if (!element || !session.store.connected || !dispatchHostEvent(element, SAVE_BUNDLE, null))
        return;
      const reply = await session.request("bundle", {});
      if (!reply.ok || lifetime.signal.aborted) return;
      const bundle = reply.result as MimeBundle;
      dispatchHostEvent(element, SAVE_BUNDLE, bundle);
      setSaved(parseSavedBuilder(bundle[BUILDER_MIME_TYPE]));
    };
    const scheduleSave = () => {
      const sequence = session.store.state?.sequence;
      if (sequence === savedSequence) return;
      savedSequence = sequence;
      clearTimeout(timer);
      timer = setTimeout(() => void save(), SAVE_DELAY_MS);
    };
    scheduleSave();
    session.store.subscribe(scheduleSave, lifetime.signal);
    const training = setInterval(() => {
      const status = session.store.state?.run.status ?? IDLE;
      if (status !== IDLE && !FINAL_STATUSES.has(status as Status)) void save();
    }, TRAINING_INTERVAL_MS);
    return () => {
      clearTimeout(timer);
      clearInterval(training);
      lifetime.abort();
    };
  }, [session, region]);
  return saved;
}
