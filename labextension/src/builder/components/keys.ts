/** Keys of the whole region, and how they are kept from the page around it. */

const SUPPRESS = "data-lm-suppress-shortcuts";

/** Undo and redo; all other keys but "save" end here, so that a notebook does not act on them. */
export function onRegionKeyDown(
  event: KeyboardEvent,
  onHistory: (action: "undo" | "redo") => void,
): void {
  if (isForPage(event)) {
    letThrough(event.currentTarget as HTMLElement);
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

/** Lumino, which hears the key after us, leaves alone what comes out of an element so marked. */
function letThrough(region: HTMLElement): void {
  region.removeAttribute(SUPPRESS);
  setTimeout(() => region.setAttribute(SUPPRESS, "true"));
}

/** Fields mark themselves while they hold text that the kernel has not been told. */
function hasUnsavedText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset.unsaved === "true";
}

function isInLiveView(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest("[data-kw-guest]") !== null;
}
