/** Types only: what the loader and the bundle `runs-view.js` expect of each other. */

import type { BackboneModel, WidgetModel } from "./builderBundleTypes";

export interface RunsRenderProps {
  model: WidgetModel;
  el: HTMLElement;
  /** Of anywidget 0.10 and later. */
  signal?: AbortSignal;
}

/** The exports of the bundle `runs-view.js`. */
export interface RunsModule {
  /** Draw a view with the texts of the library's catalogue; the returned function unmounts it. */
  draw(
    props: RunsRenderProps,
    library: BackboneModel,
    loadPlotly: () => Promise<unknown>,
  ): () => void;
}
