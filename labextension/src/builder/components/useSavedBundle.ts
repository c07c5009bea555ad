/** Keeps what is saved in the notebook as new as the view, where somebody holds on to it. */

import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { ask, type MimeBundle, SAVE_BUNDLE } from "../events";
import type { BuilderSession } from "../session";

const QUIET_MS = 1000;

/** A second after the last change ask the kernel for the output's data, and offer it to the page. */
export function useSavedBundle(session: BuilderSession, region: RefObject<HTMLElement>): void {
  useEffect(() => {
    const lifetime = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let seen = session.store.state?.sequence;
    const save = async () => {
      const element = region.current;
      if (!element || !session.store.connected || !ask(element, SAVE_BUNDLE, null)) return;
      const reply = await session.request("bundle", {});
      if (reply.ok && !lifetime.signal.aborted) {
        ask(element, SAVE_BUNDLE, reply.result as MimeBundle);
      }
    };
    session.store.subscribe(() => {
      const sequence = session.store.state?.sequence;
      if (sequence === seen) return;
      seen = sequence;
      clearTimeout(timer);
      timer = setTimeout(() => void save(), QUIET_MS);
    }, lifetime.signal);
    return () => {
      clearTimeout(timer);
      lifetime.abort();
    };
  }, [session, region]);
}
