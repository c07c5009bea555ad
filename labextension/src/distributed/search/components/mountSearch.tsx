/** Mounts the view of a search into a page's element, with its style sheets. */

import { render } from "preact";
import common from "../../../../style/common.raw.css";
import live from "../../../../style/live.raw.css";
import search from "../../../../style/search.raw.css";
import { keepKeys } from "../../../shared/keys";
import { addStyleSheets } from "../../../shared/styleSheets";
import type { SearchStore } from "../store";
import type { DrawLive } from "./RunningTrial";
import { SearchView } from "./SearchView";

/**
 * Draw the view of `store` into `element`; the returned function unmounts it.
 *
 * @param drawLive draws the live view of the running trial
 * @param note what is said about a view without a kernel
 */
export function mountSearch(
  element: HTMLElement,
  store: SearchStore,
  drawLive: DrawLive,
  note = "",
): () => void {
  const stopWaiting = addStyleSheets(element, { common, live, search });
  render(<SearchView store={store} drawLive={drawLive} note={note} />, element);
  const releaseKeys = keepKeys(element);
  return () => {
    releaseKeys();
    stopWaiting();
    render(null, element);
  };
}
