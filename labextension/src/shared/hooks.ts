/** Preact hooks that several views use. */

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { currentTheme, type Theme, watchTheme } from "./theme";

/** Draw the component again; the function never changes. */
export function useRedraw(): () => void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const stable = useRef(() => redraw(undefined as never));
  return stable.current;
}

/** Draw the component again whenever `source` has changed: a store, a session. */
export function useSubscription(source: {
  subscribe(listener: () => void, signal: AbortSignal): void;
}): void {
  const redraw = useRedraw();
  useEffect(() => {
    const lifetime = new AbortController();
    source.subscribe(redraw, lifetime.signal);
    redraw(); // What came between drawing and subscribing.
    return () => lifetime.abort();
  }, [source]);
}

/** Return the page's theme, and a count that also changes when one light theme replaces another. */
export function useTheme(): { theme: Theme; revision: number } {
  const [state, setState] = useState(() => ({ theme: currentTheme(), revision: 0 }));
  useEffect(() => {
    const lifetime = new AbortController();
    watchTheme(
      () => setState(({ revision }) => ({ theme: currentTheme(), revision: revision + 1 })),
      lifetime.signal,
    );
    return () => lifetime.abort();
  }, []);
  return state;
}

/** Draw the component again every `milliseconds` while `active`. */
export function useTicking(active: boolean, milliseconds: number): void {
  const redraw = useRedraw();
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(redraw, milliseconds);
    return () => clearInterval(timer);
  }, [active, milliseconds]);
}

let count = 0;

/** Return an id for `aria-describedby` that no other view in the page has. */
export function useUniqueId(prefix: string): string {
  const [id] = useState(() => `kw-${prefix}-${++count}-${Math.random().toString(36).slice(2, 8)}`);
  return id;
}
