/** A table in a box that scrolls by pointer and by key. */

import type { ComponentChildren } from "preact";
import { ScrollBox } from "../../live/components/ScrollBox";

interface ScrollTableProps {
  label: string;
  children: ComponentChildren;
}

export function ScrollTable({ label, children }: ScrollTableProps) {
  return (
    <ScrollBox class="kw-table kw-i-table" label={label}>
      <table aria-label={label}>{children}</table>
    </ScrollBox>
  );
}
