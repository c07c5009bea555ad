/** Inserts code into a cell below the view, where the page has cells. */

import { useEffect, useRef, useState } from "preact/hooks";
import { dispatchHostEvent, INSERT_CELL } from "./viewEvents";

/** Return whether code can be inserted, and a function that does; `root` is the `ref` of an element. */
export function useInsertCell() {
  const root = useRef<HTMLSpanElement>(null);
  const [canInsert, setCanInsert] = useState(false);
  useEffect(() => {
    const check = () =>
      setCanInsert(dispatchHostEvent(root.current!, INSERT_CELL, { source: null }));
    check();
    // Events of an element that is not in the page yet do not reach the host.
    const attached = new ResizeObserver(check);
    attached.observe(root.current!.parentElement!);
    return () => attached.disconnect();
  }, []);
  const insert = (source: string) => dispatchHostEvent(root.current!, INSERT_CELL, { source });
  return { root, canInsert, insert };
}
