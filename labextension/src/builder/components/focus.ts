/** Keeps the keyboard's focus in the view when what had it goes. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Focus the element with this id in the document or shadow root of `near`. */
export function focusById(near: Element, id: string): void {
  (near.getRootNode() as Document | ShadowRoot).getElementById(id)?.focus();
}

/** When the focused element is taken out of the view, the tab in front gets the focus. */
export function useFocusRescue(region: RefObject<HTMLElement>): void {
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
        // Of an element that is being removed, browsers tell too, or do not.
        if (event.relatedTarget) focused.current = null;
      },
      { signal },
    );
    // A click beside all fields takes the focus away on purpose.
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
