/** Connects a component to the store of a run. */

import { useEffect } from "preact/hooks";
import { useRedraw } from "../../shared/hooks";
import type { RunStore } from "../store";

/** Draw the component again whenever the store has changed. */
export function useStore(store: RunStore): void {
  const redraw = useRedraw();
  useEffect(() => {
    const lifetime = new AbortController();
    store.subscribe(redraw, lifetime.signal);
    redraw(); // What came between drawing and subscribing.
    return () => lifetime.abort();
  }, [store]);
}
