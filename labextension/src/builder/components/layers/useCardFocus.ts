/** Gives the keyboard's focus to cards, and keeps it there when a card moves in the page. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";

export interface CardFocus {
  /** Focus this layer's card, or that of the input for null, as soon as it is in the page. */
  request(uid: string | null): void;
}

/**
 * A card that moves is taken out of the page for a moment and loses the focus. So the focus is
 * checked after each drawing: it goes back to the card that had it, until the user moves it.
 */
export function useCardFocus(pane: RefObject<HTMLElement>): CardFocus {
  /** The card that has the focus or is to get it. */
  const wanted = useRef<{ uid: string; given: boolean } | null>(null);
  const focus = useMemo(() => {
    const apply = () => {
      const [root, request] = [pane.current, wanted.current];
      if (!root || !request) return;
      const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
      const nowhere = !active || active === root.ownerDocument.body;
      const free = nowhere || (!request.given && root.closest(".kw-builder")?.contains(active));
      if (!free) {
        // The user has moved it.
        if (request.given && uidOf(active) !== request.uid) wanted.current = null;
        return;
      }
      const cards = [...root.querySelectorAll<HTMLElement>("[data-uid]")];
      const card = cards.find(({ dataset }) => dataset.uid === request.uid);
      if (!card) return;
      request.given = true;
      card.focus({ preventScroll: true });
      card.scrollIntoView?.({ block: "nearest" });
    };
    return {
      apply,
      request: (uid: string | null) => {
        wanted.current = { uid: uid ?? "input", given: false };
        apply();
      },
    };
  }, [pane]);
  useEffect(() => {
    const root = pane.current!;
    const lifetime = new AbortController();
    const { signal } = lifetime;
    root.addEventListener(
      "focusin",
      ({ target }) => {
        const uid = uidOf(target as Element);
        wanted.current = uid === undefined ? null : { uid, given: true };
      },
      { signal },
    );
    // A click beside all fields removes the focus on purpose.
    const forget = () => {
      wanted.current = null;
    };
    root.ownerDocument.addEventListener("pointerdown", forget, { signal, capture: true });
    return () => lifetime.abort();
  }, [pane]);
  useLayoutEffect(focus.apply);
  return focus;
}

/** Return the uid of a card; undefined for its buttons and for anything else. */
function uidOf(element: Element | null): string | undefined {
  return (element as HTMLElement | null)?.dataset?.uid;
}
