/** Mounts the live view into a page's element, with its style sheets. */

import { render } from "preact";
import common from "../../../style/common.raw.css";
import css from "../../../style/live.raw.css";
import type { LoadInsight } from "../../insight/source";
import { keepKeys } from "../../shared/keys";
import type { Plotly } from "../../shared/plotly";
import { addStyleSheets } from "../../shared/styleSheets";
import type { RunSession } from "../session";
import { LiveView } from "./LiveView";

/**
 * Draw the view of `session` into `element`; the returned function unmounts it.
 *
 * @param loadInsight loads what draws the tabs other than the curves; without it there are no tabs
 */
export function mountLiveView(
  element: HTMLElement,
  session: RunSession,
  loadPlotly: () => Promise<Plotly>,
  loadInsight?: LoadInsight,
): () => void {
  const stopWaiting = addStyleSheets(element, { common, live: css });
  render(<LiveView session={session} loadPlotly={loadPlotly} loadInsight={loadInsight} />, element);
  const releaseKeys = keepKeys(element);
  return () => {
    releaseKeys();
    stopWaiting();
    render(null, element);
  };
}
