/** Handles the keys of the whole builder. */

/** The keys, for `aria-keyshortcuts`; shared/keys.ts keeps them from the page. */
export const HISTORY_SHORTCUTS = "Control+Z Meta+Z Control+Shift+Z Meta+Shift+Z Control+Y Meta+Y";

/** Undo and redo, but not in a field with unsent text, where the browser undoes typing. */
export function onRegionKeyDown(
  event: KeyboardEvent,
  onHistory: (action: "undo" | "redo") => void,
): void {
  if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const action = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
  if (!action || hasUnsavedText(event.target) || isInLiveView(event)) return;
  event.preventDefault();
  onHistory(action);
}

/** Return whether the field contains text that has not been sent; fields mark themselves. */
function hasUnsavedText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset.unsaved === "true";
}

function isInLiveView(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest("[data-kw-guest]") !== null;
}
