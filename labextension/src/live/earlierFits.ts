/** Opens the saved fits of a view, each once. */

import { PROTOCOL_VERSION } from "../protocol";
import type { EarlierFit } from "./protocol";
import { SavedTransport } from "./savedTransport";
import { RunSession } from "./session";

const opened = new WeakMap<object, RunSession>();
const never = new AbortController().signal;

/** Return a session over an earlier fit of a view. */
export function openEarlierFit({ saved }: EarlierFit): RunSession {
  // The parser has checked that it is an object.
  const key = saved as object;
  let session = opened.get(key);
  if (!session) {
    const envelope = { v: PROTOCOL_VERSION, kind: "snapshot", payload: saved };
    session = new RunSession(new SavedTransport(envelope), never);
    opened.set(key, session);
  }
  return session;
}
