/** Puts style sheets into the page, or into the shadow root, that holds a view. */

const STYLE_MARK = "data-kwidgets-style";

/** Add the sheets, by name, once per home; returns what stops looking for another home. */
export function keepStyle(element: HTMLElement, sheets: Record<string, string>): () => void {
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
  const home = root instanceof ShadowRoot ? root : document.head;
  for (const [name, text] of Object.entries(sheets)) {
    if (home.querySelector(`style[${STYLE_MARK}="${name}"]`)) continue;
    const style = document.createElement("style");
    style.setAttribute(STYLE_MARK, name);
    style.textContent = text;
    home.append(style);
  }
}
