/** Keys of the whole region, and how they are kept from the page around it. */

/** Undo and redo; all other keys end here, so that a notebook does not act on them. */
export function onRegionKeyDown(
  event: KeyboardEvent,
  onHistory: (action: "undo" | "redo") => void,
): void {
  event.stopPropagation();
  if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const action = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
  if (!action || hasUnsavedText(event.target) || isInLiveView(event)) return;
  event.preventDefault();
  onHistory(action);
}

/** Fields mark themselves while they hold text that the kernel has not been told. */
function hasUnsavedText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset.unsaved === "true";
}

function isInLiveView(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest("[data-kw-guest]") !== null;
}
