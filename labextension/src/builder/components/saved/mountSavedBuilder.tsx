/** Puts the saved table into a page's element; again to show other data. */

import { render } from "preact";
import type { Plotly } from "../../../shared/plotly";
import { keepStyle } from "../../../shared/styleSheets";
import type { SavedModel } from "../../savedBuilder";
import { SHEETS } from "../styleSheets";
import { StaticTable } from "./SavedBuilderView";

/** Draw `saved` into `element`; returns what takes it away again. */
export function mountSaved(
  element: HTMLElement,
  saved: SavedModel,
  loadPlotly: () => Promise<Plotly>,
): () => void {
  const forget = keepStyle(element, SHEETS);
  render(<StaticTable saved={saved} loadPlotly={loadPlotly} />, element);
  return () => {
    forget();
    render(null, element);
  };
}
