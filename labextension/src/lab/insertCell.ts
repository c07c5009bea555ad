/** Inserts code from a view or the panel into a new cell of the notebook. */

import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import { INSERT_CELL, type InsertCell } from "../shared/viewEvents";

/** Handle the views' events for the lifetime of the page. */
export function handleInsertCellEvents(tracker: INotebookTracker): void {
  document.addEventListener(INSERT_CELL, (event) => {
    const place = findCell(tracker, event.target as Node);
    if (!place) return;
    event.preventDefault();
    const { source } = (event as CustomEvent<InsertCell>).detail;
    if (source !== null) insert(place.panel, place.index + 1, source);
  });
}

/** Return the cell that contains `node`; null outside of notebooks. */
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
    // As with every cell that the user adds.
    metadata: { trusted: true },
  });
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  notebook.mode = "command";
  notebook.activate();
  void notebook.scrollToItem(index, "smart");
}
