/**
 * Scrolls a notebook so that a view which opens below the running cell can be seen.
 *
 * Only for a cell that was started in this page and is on screen, until the user scrolls, clicks or
 * types: not after a reload, and not while "Run all" trains elsewhere.
 */

import type { Notebook, NotebookActions } from "@jupyterlab/notebook";

type Cell = Notebook["widgets"][number];
type Actions = Pick<typeof NotebookActions, "executionScheduled" | "executed">;

const MODIFIERS = new Set(["Control", "Shift", "Alt", "AltGraph", "Meta"]);
const INPUT_EVENTS = ["wheel", "touchmove", "pointerdown", "keydown"];
const MARGIN_PIXELS = 8;

/** The cells that run, or wait, since the user's last input. */
const startedCells = new Map<Cell, AbortController>();

/** Start recording which cells are started; call once per page. */
export function watchExecutions(actions: Actions): void {
  actions.executionScheduled.connect((_, { cell }) => {
    forget(cell);
    const lifetime = new AbortController();
    startedCells.set(cell, lifetime);
    const options = { signal: lifetime.signal, capture: true, passive: true };
    for (const name of INPUT_EVENTS) {
      window.addEventListener(name, (event) => isNewInput(event) && forget(cell), options);
    }
  });
  actions.executed.connect((_, { cell }) => forget(cell));
}

/** Keep `view` visible while it grows, according to the rules above. */
export function bringIntoView(view: HTMLElement, signal: AbortSignal): void {
  // The view is not in the page yet, and gets its charts with the first batch.
  const sizes = new ResizeObserver(() => {
    const cell = [...startedCells.keys()].find(({ node }) => node.contains(view));
    if (cell) scrollTo(view, cell);
    else sizes.disconnect();
  });
  sizes.observe(view);
  signal.addEventListener("abort", () => sizes.disconnect());
}

function forget(cell: Cell): void {
  startedCells.get(cell)?.abort();
  startedCells.delete(cell);
}

/** Return whether the user did something else than hold the keys that started the cell. */
function isNewInput(event: Event): boolean {
  return !(event instanceof KeyboardEvent && (event.repeat || MODIFIERS.has(event.key)));
}

function scrollTo(view: HTMLElement, cell: Cell): void {
  const scroller = view.closest(".jp-WindowedPanel-outer");
  const input = cell.inputArea?.node.getBoundingClientRect();
  if (!scroller || !input) return;
  const frame = scroller.getBoundingClientRect();
  const { top, bottom } = view.getBoundingClientRect();
  if (Math.max(input.bottom, bottom) <= frame.top || input.top >= frame.bottom) return;
  const hidden = bottom + MARGIN_PIXELS - frame.bottom;
  // Not so far that the beginning, with the status and the buttons, goes out of sight. When the cell
  // runs again, JupyterLab may have scrolled past it to the next one.
  const most = top - MARGIN_PIXELS - frame.top;
  const by = Math.min(Math.max(hidden, 0), most);
  if (by !== 0) scroller.scrollBy({ top: by, behavior: "instant" });
}
