/** Puts a view into a page's element, and its style sheet into the page. */

import { render } from "preact";
import common from "../../../style/common.raw.css";
import css from "../../../style/live.raw.css";
import type { Plotly } from "../../shared/plotly";
import { keepStyle } from "../../shared/styleSheets";
import type { Session } from "../session";
import { LiveView } from "./LiveView";

/** Draw the view of `session` into `element`; returns what takes it away again. */
export function mount(
  element: HTMLElement,
  session: Session,
  loadPlotly: () => Promise<Plotly>,
): () => void {
  const forget = keepStyle(element, { common, live: css });
  render(<LiveView session={session} loadPlotly={loadPlotly} />, element);
  return () => {
    forget();
    render(null, element);
  };
}
