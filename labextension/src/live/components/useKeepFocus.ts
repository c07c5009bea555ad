/** Keeps the focus in a view whose controls go away: their fit has ended, or the next one begins. */

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** What gets the focus, the first that is there; else the view itself. */
const NEXT = [".kw-controls button", ".kw-toolbar input:checked", ".kw-toolbar button"];

/** Return a ref for the controls: when they go while one has the focus, the view keeps it. */
export function useKeepFocus(): RefObject<HTMLDivElement> {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const controls = ref.current;
    return () => {
      const view = controls?.closest<HTMLElement>(".kw-root");
      if (!controls || !view || !controls.contains(focused(controls))) return;
      // What comes in their place is drawn in the same go.
      queueMicrotask(() => {
        if (view.isConnected && !view.contains(focused(view))) focusNext(view);
      });
    };
  }, []);
  return ref;
}

function focusNext(view: HTMLElement): void {
  const next = NEXT.map((selector) => view.querySelector<HTMLElement>(selector)).find(Boolean);
  if (!next) view.tabIndex = -1;
  (next ?? view).focus({ preventScroll: true });
}

function focused(element: Element): Element | null {
  return (element.getRootNode() as Document | ShadowRoot).activeElement;
}
