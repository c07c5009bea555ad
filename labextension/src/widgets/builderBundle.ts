/** What the builder's loader hands to its bundle: anywidget's own objects, as far as we use them. */

import type { WidgetHost } from "../builder/widgetHost";

/** A model of ipywidgets: ours, or one that it refers to. */
export interface BackboneModel {
  get(name: string): unknown;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
}

/** anywidget's face of our model. */
export interface WidgetModel extends BackboneModel {
  send(content: object): void;
  widget_manager: { get_model(id: string): Promise<BackboneModel> };
}

export interface RenderProps {
  model: WidgetModel;
  el: HTMLElement;
  /** Of anywidget 0.10 and later. */
  signal?: AbortSignal;
  /** Of anywidget 0.11 and later: draws one widget inside another. */
  host?: WidgetHost;
}

/** What the bundle `builder-view.js` exports. */
export interface BuilderModule {
  /** Draw a view, in the words that the library carries; returns what takes it away again. */
  draw(props: RenderProps, library: BackboneModel): () => void;
}
