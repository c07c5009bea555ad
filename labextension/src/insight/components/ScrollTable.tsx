/** A table in a box that scrolls by pointer and by key. */

import type { ComponentChildren } from "preact";

interface ScrollTableProps {
  label: string;
  children: ComponentChildren;
}

export function ScrollTable({ label, children }: ScrollTableProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups form fields, not a table
    <div
      class="kw-table kw-i-table"
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by key
      tabIndex={0}
    >
      <table aria-label={label}>{children}</table>
    </div>
  );
}
