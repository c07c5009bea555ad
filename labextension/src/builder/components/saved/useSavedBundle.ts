/** Keeps what is saved in the notebook as new as the view, where somebody holds on to it. */

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { FINAL_STATUSES, type Status } from "../../../live/protocol";
import { ask, type MimeBundle, SAVE_BUNDLE } from "../../hostEvents";
import { BUILDER_MIME_TYPE } from "../../protocol";
import { parseSaved, type SavedModel } from "../../savedBuilder";
import type { BuilderSession } from "../../session";

/** What a run's status is before any. */
const IDLE = "idle";
const QUIET_MS = 1000;
// A training changes nothing in the builder, yet its curves are not to be lost with the kernel.
const TRAINING_MS = 30_000;

/**
 * A second after the last change, and now and then while a model trains, ask the kernel for the
 * output's data and offer it to the page. Returns what was saved last.
 */
export function useSavedBundle(
  session: BuilderSession,
  region: RefObject<HTMLElement>,
): SavedModel | null {
  const [saved, setSaved] = useState<SavedModel | null>(null);
  useEffect(() => {
    const lifetime = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let seen: number | undefined;
    const save = async () => {
      const element = region.current;
      if (!element || !session.store.connected || !ask(element, SAVE_BUNDLE, null)) return;
      const reply = await session.request("bundle", {});
      if (!reply.ok || lifetime.signal.aborted) return;
      const bundle = reply.result as MimeBundle;
      ask(element, SAVE_BUNDLE, bundle);
      setSaved(parseSaved(bundle[BUILDER_MIME_TYPE]));
    };
    const look = () => {
      const sequence = session.store.state?.sequence;
      if (sequence === seen) return;
      seen = sequence;
      clearTimeout(timer);
      timer = setTimeout(() => void save(), QUIET_MS);
    };
    look();
    session.store.subscribe(look, lifetime.signal);
    const training = setInterval(() => {
      const status = session.store.state?.run.status ?? IDLE;
      if (status !== IDLE && !FINAL_STATUSES.has(status as Status)) void save();
    }, TRAINING_MS);
    return () => {
      clearTimeout(timer);
      clearInterval(training);
      lifetime.abort();
    };
  }, [session, region]);
  return saved;
}
