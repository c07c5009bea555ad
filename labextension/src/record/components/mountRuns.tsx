/** Mounts the view of recorded runs into a page's element, with its style sheets. */

import { render } from "preact";
import common from "../../../style/common.raw.css";
import live from "../../../style/live.raw.css";
import runs from "../../../style/runs.raw.css";
import type { LoadInsight } from "../../insight/source";
import { keepKeys } from "../../shared/keys";
import type { Plotly } from "../../shared/plotly";
import { addStyleSheets } from "../../shared/styleSheets";
import type { RunsStore } from "../store";
import { RunsView } from "./RunsView";

/**
 * Draw the view of `store` into `element`; the returned function unmounts it.
 *
 * @param loadInsight loads what draws predictions, layers and data
 * @param note what is said about a view without a kernel
 */
export function mountRuns(
  element: HTMLElement,
  store: RunsStore,
  loadPlotly: () => Promise<Plotly>,
  loadInsight: LoadInsight,
  note = "",
): () => void {
  const stopWaiting = addStyleSheets(element, { common, live, runs });
  render(
    <RunsView store={store} loadPlotly={loadPlotly} loadInsight={loadInsight} note={note} />,
    element,
  );
  const releaseKeys = keepKeys(element);
  return () => {
    releaseKeys();
    stopWaiting();
    render(null, element);
  };
}
