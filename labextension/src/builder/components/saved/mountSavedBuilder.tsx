/** Mounts a saved builder into a page's element, with its style sheets. */

import { render } from "preact";
import { keepKeys } from "../../../shared/keys";
import type { Plotly } from "../../../shared/plotly";
import { addStyleSheets } from "../../../shared/styleSheets";
import type { SavedBuilder } from "../../savedBuilder";
import { SHEETS } from "../styleSheets";
import { SavedBuilderView } from "./SavedBuilderView";

/** Draw `saved` into `element`; call again for other data. The returned function unmounts it. */
export function mountSavedBuilder(
  element: HTMLElement,
  saved: SavedBuilder,
  loadPlotly: () => Promise<Plotly>,
): () => void {
  const stopWaiting = addStyleSheets(element, SHEETS);
  render(<SavedBuilderView saved={saved} loadPlotly={loadPlotly} />, element);
  const releaseKeys = keepKeys(element);
  return () => {
    releaseKeys();
    stopWaiting();
    render(null, element);
  };
}
