/** A box that scrolls, with a shadow at each side where it hides something. */

import { useEffect, useRef, useState } from "preact/hooks";

interface ScrollBoxProps {
  class: string;
  /** What the box contains, for screen readers. */
  label: string;
  children: preact.ComponentChild;
}

export function ScrollBox({ class: className, label, children }: ScrollBoxProps) {
  const box = useRef<HTMLDivElement>(null);
  const [hides, setHides] = useState("");
  const measure = () => {
    if (box.current) setHides(hiddenSides(box.current));
  };
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const sizes = new ResizeObserver(measure);
    sizes.observe(current);
    for (const child of current.children) sizes.observe(child);
    return () => sizes.disconnect();
  }, []);
  return (
    <div class="kw-scroll" data-hides={hides}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset groups form fields, not a table */}
      <div
        ref={box}
        class={className}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by key
        tabIndex={0}
        role="group"
        aria-label={label}
        onScroll={measure}
      >
        {children}
      </div>
    </div>
  );
}

/** Return the sides at which a box hides something, such as "right below". */
export function hiddenSides(
  box: Pick<
    Element,
    "scrollLeft" | "scrollWidth" | "clientWidth" | "scrollTop" | "scrollHeight" | "clientHeight"
  >,
): string {
  // Positions may be fractions of a pixel.
  const sides = [
    box.scrollLeft > 1 && "left",
    box.scrollLeft + box.clientWidth < box.scrollWidth - 1 && "right",
    box.scrollTop + box.clientHeight < box.scrollHeight - 1 && "below",
  ];
  return sides.filter(Boolean).join(" ");
}
