/** Asks the page around a view to do something, where it can. */

import { useEffect, useRef, useState } from "preact/hooks";
import { dispatchHostEvent } from "./viewEvents";

/**
 * Return whether the page handles an event, and a function that sends it.
 *
 * `root` is the `ref` of an element, from which the event bubbles.
 *
 * @param nothing the payload that only finds out whether the page handles the event
 */
export function useHostAction<T>(name: string, nothing: T) {
  const root = useRef<HTMLSpanElement>(null);
  const [isHandled, setHandled] = useState(false);
  useEffect(() => {
    const check = () => setHandled(dispatchHostEvent(root.current!, name, nothing));
    check();
    // Events of an element that is not in the page yet do not reach the host.
    const attached = new ResizeObserver(check);
    attached.observe(root.current!.parentElement!);
    return () => attached.disconnect();
  }, [name]);
  const send = (detail: T) => dispatchHostEvent(root.current!, name, detail);
  return { root, isHandled, send };
}
