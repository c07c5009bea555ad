/** Puts code that a view or the panel hands out into a new cell. */

import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import { INSERT_CELL, type InsertCell } from "../builder/hostEvents";

/** Answer the views' events for as long as the page lives. */
export function listenForCode(tracker: INotebookTracker): void {
  document.addEventListener(INSERT_CELL, (event) => {
    const place = findCell(tracker, event.target as Node);
    if (!place) return;
    event.preventDefault();
    const { source } = (event as CustomEvent<InsertCell>).detail;
    if (source !== null) insert(place.panel, place.index + 1, source);
  });
}

/** The cell that holds `node`; null in a panel of its own, for instance. */
function findCell(
  tracker: INotebookTracker,
  node: Node,
): { panel: NotebookPanel; index: number } | null {
  const panel = tracker.find(({ content }) => content.node.contains(node));
  if (!panel || panel.content.model?.readOnly) return null;
  const index = panel.content.widgets.findIndex((cell) => cell.node.contains(node));
  return index < 0 ? null : { panel, index };
}

/** Put `source` into a new cell below the active one. */
export function insertBelow(panel: NotebookPanel, source: string): void {
  insert(panel, panel.content.activeCellIndex + 1, source);
}

function insert({ content: notebook }: NotebookPanel, index: number, source: string): void {
  notebook.model?.sharedModel.insertCell(index, {
    cell_type: "code",
    source,
    // As every cell that the user makes.
    metadata: { trusted: true },
  });
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  notebook.mode = "command";
  notebook.activate();
  void notebook.scrollToItem(index, "smart");
}
