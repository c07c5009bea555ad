/** Types only: what the loaders and the bundles `runs-view.js`, `export-view.js` and others expect of each other. */

import type { WidgetHost } from "../builder/anywidgetHost";
import type { BackboneModel, WidgetModel } from "./builderBundleTypes";

export interface RequestRenderProps {
  model: WidgetModel;
  el: HTMLElement;
  /** Of anywidget 0.10 and later. */
  signal?: AbortSignal;
  host?: WidgetHost;
}

/** The exports of the bundle `export-view.js`. */
export interface ExportModule {
  /** Draw a view with the texts of the library's catalogue; the returned function unmounts it. */
  draw(props: RequestRenderProps, library: BackboneModel): () => void;
}

/** The exports of the bundle `search-view.js`. */
export interface SearchModule {
  /** Draw a view with the texts of the library's catalogue; the returned function unmounts it. */
  draw(props: RequestRenderProps, library: BackboneModel): () => void;
}

/** The exports of the bundle `runs-view.js`. */
export interface RunsModule {
  /** Draw a view with the texts of the library's catalogue; the returned function unmounts it. */
  draw(
    props: RequestRenderProps,
    library: BackboneModel,
    loadPlotly: () => Promise<unknown>,
  ): () => void;
}
