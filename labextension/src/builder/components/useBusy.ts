/** A hook that says whether the kernel is busy. */

import { useEffect, useState } from "preact/hooks";
import type { BuilderSession } from "../session";

const BUSY_AFTER_MS = 800;

/** Return whether a request has been unanswered for long enough to notify the user. */
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
