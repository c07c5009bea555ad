/** Handles the keys of the whole builder, and keeps them from the page around it. */

const SUPPRESS = "data-lm-suppress-shortcuts";

/** Undo and redo; stop all other keys but "save", so that the notebook does not act on them. */
export function onRegionKeyDown(
  event: KeyboardEvent,
  onHistory: (action: "undo" | "redo") => void,
): void {
  if (isForPage(event)) {
    passToPage(event.currentTarget as HTMLElement);
    return;
  }
  event.stopPropagation();
  if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const action = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
  if (!action || hasUnsavedText(event.target) || isInLiveView(event)) return;
  event.preventDefault();
  onHistory(action);
}

function isForPage(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s";
}

/** Let Lumino, which receives the key after us and ignores elements with this mark, handle it. */
function passToPage(region: HTMLElement): void {
  region.removeAttribute(SUPPRESS);
  setTimeout(() => region.setAttribute(SUPPRESS, "true"));
}

/** Return whether the field contains text that has not been sent; fields mark themselves. */
function hasUnsavedText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset.unsaved === "true";
}

function isInLiveView(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest("[data-kw-guest]") !== null;
}
