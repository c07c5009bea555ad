/** Types only: what the loader and the bundle `export-view.js` expect of each other. */

import type { BackboneModel, WidgetModel } from "./builderBundleTypes";

export interface ExportRenderProps {
  model: WidgetModel;
  el: HTMLElement;
  /** Of anywidget 0.10 and later. */
  signal?: AbortSignal;
}

/** The exports of the bundle `export-view.js`. */
export interface ExportModule {
  /** Draw a view with the texts of the library's catalogue; the returned function unmounts it. */
  draw(props: ExportRenderProps, library: BackboneModel): () => void;
}
