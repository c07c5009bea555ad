/** The tree of models and layers: one tab stop, with the keys of an ARIA tree. */

import { useEffect, useRef } from "preact/hooks";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { SummaryStore } from "../store";
import type { Row, Rows } from "../treeRows";
import { TreeRow } from "./TreeRow";
import { useVirtualRows } from "./useVirtualRows";

const TYPE_AHEAD_MS = 700;

interface SummaryTreeProps {
  store: SummaryStore;
  rows: Rows;
  label: string;
}

export function SummaryTree({ store, rows: { rows, matches }, label }: SummaryTreeProps) {
  const prefix = useUniqueId("row");
  const virtual = useVirtualRows(rows.length, (index) => rows[index]?.id ?? String(index));
  const typed = useRef({ text: "", at: 0 });
  const current = Math.max(
    0,
    rows.findIndex(({ id }) => id === store.selected),
  );
  const selected = rows[current]?.id === store.selected ? current : -1;
  const elementId = (index: number) => `${prefix}-${index}`;
  const isDrawn = virtual.items.some(({ index }) => index === current);

  // Scroll to a row that was selected elsewhere, such as by a command.
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (store.selected !== shown.current && selected >= 0) virtual.reveal(selected);
    shown.current = store.selected;
  }, [store.selected, selected]);

  // A search begins at its first match.
  useEffect(() => {
    if (store.options.search && rows.length) virtual.reveal(0);
  }, [store.options.search]);

  const go = (index: number) => {
    const row = rows[Math.min(Math.max(index, 0), rows.length - 1)];
    if (!row) return;
    store.select(row.id);
    virtual.reveal(rows.indexOf(row));
  };

  /** Where a range of rows begins. */
  const anchor = useRef<string | null>(null);
  const rangeTo = (index: number) => {
    const from = rows.findIndex(({ id }) => id === (anchor.current ?? store.selected));
    const [first, last] = [Math.min(from < 0 ? index : from, index), Math.max(from, index)];
    const ids = rows.slice(first, last + 1).flatMap(({ id, node }) => (node ? [id] : []));
    // The last one is the current row.
    store.selectSeveral(index < from ? ids.reverse() : ids);
  };

  const onSelect = (row: Row, event: MouseEvent) => {
    if (event.shiftKey && row.node) {
      anchor.current ??= store.selected;
      rangeTo(rows.indexOf(row));
      return;
    }
    if ((event.ctrlKey || event.metaKey) && row.node) {
      const others = store.selection.filter((id) => id !== row.id);
      store.selectSeveral(store.isSelected(row.id) && others.length ? others : [...others, row.id]);
      anchor.current = row.id;
      return;
    }
    anchor.current = row.id;
    // What contains layers opens; its details have a button and the Enter key, but for a layer.
    const opensOnly = row.expanded !== null && row.node?.layer == null;
    const again = row.id === store.selected;
    store.select(row.id, !opensOnly || (row.node !== null && store.detailsOpen));
    if (row.expanded === false) store.setExpanded(row.id, true);
    else if (row.expanded && again && opensOnly) store.setExpanded(row.id, false);
  };

  const onMouseDown = (event: MouseEvent & { currentTarget: HTMLElement }) => {
    if (!event.shiftKey) return;
    // Shift selects rows, not the text between them. The focus still goes here.
    event.preventDefault();
    event.currentTarget.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.shiftKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      event.stopPropagation();
      anchor.current ??= store.selected;
      const index = Math.min(
        Math.max(current + (event.key === "ArrowDown" ? 1 : -1), 0),
        rows.length - 1,
      );
      rangeTo(index);
      virtual.reveal(index);
      return;
    }
    if (!event.shiftKey) anchor.current = null;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[current];
    if (!row) return;
    const page = Math.max(1, virtual.items.length - 12);
    const steps: Record<string, () => void> = {
      ArrowDown: () => go(selected < 0 ? 0 : current + 1),
      ArrowUp: () => go(current - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      PageDown: () => go(current + page),
      PageUp: () => go(current - page),
      ArrowRight: () => (row.expanded === false ? store.setExpanded(row.id, true) : enter(row)),
      ArrowLeft: () =>
        row.expanded ? store.setExpanded(row.id, false) : go(parentOf(rows, current)),
      "*": () => {
        for (const other of siblingsOf(rows, current)) {
          if (other.expanded === false) store.setExpanded(other.id, true);
        }
      },
      Enter: () => store.select(row.id, true),
      " ": () => store.select(row.id, true),
      Escape: () => store.closeDetails(),
    };
    const step = steps[event.key];
    if (step) step();
    else if (event.key.length === 1) typeAhead(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const enter = (row: Row) => {
    if (row.expanded && (rows[current + 1]?.level ?? 0) > row.level) go(current + 1);
  };

  const typeAhead = (key: string) => {
    const now = performance.now();
    const { text, at } = typed.current;
    const search = (now - at < TYPE_AHEAD_MS ? text : "") + key.toLowerCase();
    typed.current = { text: search, at: now };
    // The same letter again goes to the next match.
    const repeated = [...search].every((letter) => letter === search[0]);
    const from = search.length === 1 || repeated ? current + 1 : current;
    const wanted = repeated ? (search[0] as string) : search;
    for (let i = 0; i < rows.length; i++) {
      const index = (from + i) % rows.length;
      if (
        nameOf(rows[index] as Row)
          .toLowerCase()
          .startsWith(wanted)
      ) {
        go(index);
        return;
      }
    }
  };

  return (
    <div
      class="kw-tree"
      role="tree"
      aria-label={label}
      aria-multiselectable="true"
      tabIndex={0}
      {...(selected >= 0 && isDrawn ? { "aria-activedescendant": elementId(current) } : {})}
      style={store.single ? { height: `${virtual.height}px` } : {}}
      ref={virtual.scroller}
      onKeyDown={onKeyDown}
      onMouseDown={onMouseDown}
    >
      <div role="none" class="kw-tree-space" style={{ height: `${virtual.height}px` }}>
        {virtual.items.map(({ index, start, key }) => {
          const row = rows[index];
          return row ? (
            <TreeRow
              key={key}
              row={row}
              id={elementId(index)}
              index={index}
              start={start}
              selected={store.isSelected(row.id)}
              store={store}
              onSelect={onSelect}
              measure={virtual.measure}
            />
          ) : null;
        })}
      </div>
      {rows.length === 0 && (
        <p class="kw-tree-empty" role="none">
          {matches ? t("No matching layers.") : t("This model has no layers.")}
        </p>
      )}
    </div>
  );
}

function nameOf({ model, node }: Row): string {
  return node ? node.label : (model.names[0] ?? model.name);
}

function parentOf(rows: readonly Row[], index: number): number {
  const level = rows[index]?.level ?? 0;
  for (let i = index - 1; i >= 0; i--) if ((rows[i]?.level ?? 0) < level) return i;
  return index;
}

function siblingsOf(rows: readonly Row[], index: number): Row[] {
  const level = rows[index]?.level ?? 0;
  const siblings: Row[] = [];
  const collect = (step: number) => {
    for (let i = index + step; i >= 0 && i < rows.length; i += step) {
      const row = rows[i] as Row;
      if (row.level < level) return;
      if (row.level === level) siblings.push(row);
    }
  };
  collect(-1);
  collect(1);
  const own = rows[index];
  return own ? [own, ...siblings] : siblings;
}
