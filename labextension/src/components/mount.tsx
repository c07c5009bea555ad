/** Puts a view into a page's element, and its style sheet into the page. */

import { render } from "preact";
import css from "../../style/live.raw.css";
import type { Plotly } from "../plotly";
import type { Session } from "../session";
import { LiveView } from "./LiveView";

const STYLE_MARK = "data-kwidgets-style";

/** Draw the view of `session` into `element`; returns what takes it away again. */
export function mount(
  element: HTMLElement,
  session: Session,
  loadPlotly: () => Promise<Plotly>,
): () => void {
  addStyle(element);
  // An element that is not in the page yet does not know its shadow root.
  const attached = new ResizeObserver(() => {
    addStyle(element);
    attached.disconnect();
  });
  attached.observe(element);
  render(<LiveView session={session} loadPlotly={loadPlotly} />, element);
  return () => {
    attached.disconnect();
    render(null, element);
  };
}

/** Add the style sheet to the document or shadow root of `element`, once. */
function addStyle(element: HTMLElement): void {
  const root = element.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector(`style[${STYLE_MARK}]`)) return;
  const style = document.createElement("style");
  style.setAttribute(STYLE_MARK, "");
  style.textContent = css;
  home.append(style);
}
