/** Connects a component to the store of models. */

import { useEffect } from "preact/hooks";
import { useRedraw } from "../../shared/hooks";
import type { SummaryStore } from "../store";

/** Draw the component again whenever the models have changed. */
export function useModels(store: SummaryStore): void {
  const redraw = useRedraw();
  useEffect(() => {
    const lifetime = new AbortController();
    store.subscribe(redraw, lifetime.signal);
    redraw(); // What came between drawing and subscribing.
    return () => lifetime.abort();
  }, [store]);
}
