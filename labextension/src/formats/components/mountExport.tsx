/** Mounts the export panel into a page's element, with its style sheets. */

import { render } from "preact";
import common from "../../../style/common.raw.css";
import exports from "../../../style/export.raw.css";
import live from "../../../style/live.raw.css";
import { keepKeys } from "../../shared/keys";
import { addStyleSheets } from "../../shared/styleSheets";
import type { ExportStore } from "../store";
import { ExportView } from "./ExportView";

/** Draw the view of `store` into `element`; the returned function unmounts it. */
export function mountExport(element: HTMLElement, store: ExportStore, note = ""): () => void {
  const stopWaiting = addStyleSheets(element, { common, live, exports });
  render(<ExportView store={store} note={note} />, element);
  const releaseKeys = keepKeys(element);
  return () => {
    stopWaiting();
    releaseKeys();
    render(null, element);
  };
}
