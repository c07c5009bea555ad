/** Keeps the keyboard's focus in the view when the focused element is removed. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Focus the element with this id in the document or shadow root of `near`. */
export function focusById(near: Element, id: string): void {
  (near.getRootNode() as Document | ShadowRoot).getElementById(id)?.focus();
}

/** Focus the current tab when the focused element is removed from the view. */
export function useFocusFallback(region: RefObject<HTMLElement>): void {
  const focused = useRef<Element | null>(null);
  useEffect(() => {
    const root = region.current!;
    const lifetime = new AbortController();
    const { signal } = lifetime;
    root.addEventListener(
      "focusin",
      (event) => {
        focused.current = event.target as Element;
      },
      { signal },
    );
    root.addEventListener(
      "focusout",
      (event) => {
        // Some browsers also send this event for an element that is being removed.
        if (event.relatedTarget) focused.current = null;
      },
      { signal },
    );
    // A click beside all fields removes the focus on purpose.
    root.ownerDocument.addEventListener(
      "pointerdown",
      () => {
        focused.current = null;
      },
      { signal, capture: true },
    );
    return () => lifetime.abort();
  }, [region]);
  useLayoutEffect(() => {
    const [root, last] = [region.current, focused.current];
    if (!root || !last || last.isConnected) return;
    focused.current = null;
    const { activeElement } = root.getRootNode() as Document | ShadowRoot;
    if (activeElement && activeElement !== root.ownerDocument.body) return;
    root.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
  });
}
