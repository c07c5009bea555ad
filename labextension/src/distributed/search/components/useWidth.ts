/** A Preact hook that measures how wide an element is drawn. */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Return a ref for an element, and its width in pixels; `initial` until it is measured. */
export function useWidth<T extends Element>(initial: number): [RefObject<T>, number] {
  const element = useRef<T>(null);
  const [width, setWidth] = useState(initial);
  useEffect(() => {
    const measured = element.current;
    if (!measured || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(([entry]) => {
      const found = Math.round(entry?.contentRect.width ?? 0);
      if (found > 0) setWidth(found);
    });
    observer.observe(measured);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}
