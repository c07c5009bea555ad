/** Adds a view's style sheets to its page or shadow root, each once. */

const STYLE_MARK = "data-kwidgets-style";

/** Add the named sheets to the root of `element`; the returned function stops waiting for it. */
export function addStyleSheets(element: HTMLElement, sheets: Record<string, string>): () => void {
  addStyles(element, sheets);
  // An element that is not in the page yet does not know its shadow root.
  const attached = new ResizeObserver(() => {
    addStyles(element, sheets);
    attached.disconnect();
  });
  attached.observe(element);
  return () => attached.disconnect();
}

function addStyles(element: HTMLElement, sheets: Record<string, string>): void {
  const root = element.getRootNode();
  const parent = root instanceof ShadowRoot ? root : document.head;
  for (const [name, text] of Object.entries(sheets)) {
    if (parent.querySelector(`style[${STYLE_MARK}="${name}"]`)) continue;
    const style = document.createElement("style");
    style.setAttribute(STYLE_MARK, name);
    style.textContent = text;
    parent.append(style);
  }
}
