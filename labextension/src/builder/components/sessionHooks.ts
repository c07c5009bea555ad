/** Preact hooks that connect the builder's components to its session. */

import { useEffect, useState } from "preact/hooks";
import { useRedraw } from "../../shared/hooks";
import type { BuilderSession } from "../session";

/** Draw the component again whenever the session's state or catalog has changed. */
export function useSession(session: BuilderSession): void {
  const redraw = useRedraw();
  useEffect(() => {
    const lifetime = new AbortController();
    session.subscribe(redraw, lifetime.signal);
    redraw(); // What came between drawing and subscribing.
    return () => lifetime.abort();
  }, [session]);
}

const BUSY_AFTER_MS = 800;

/** Return whether a request has been unanswered for long enough to tell the user. */
export function useBusy(session: BuilderSession): boolean {
  const since = session.waitingSince;
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (since === null) {
      setBusy(false);
      return;
    }
    const left = since + BUSY_AFTER_MS - performance.now();
    const timer = setTimeout(() => setBusy(true), Math.max(0, left));
    return () => clearTimeout(timer);
  }, [since]);
  return busy;
}
