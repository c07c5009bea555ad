/** Types only: what the loader and the bundle `builder-view.js` expect of each other. */

import type { WidgetHost } from "../builder/anywidgetHost";

/** A model of ipywidgets: ours, or one that it refers to. */
export interface BackboneModel {
  get(name: string): unknown;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
}

/** anywidget's interface of our model. */
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

/** The exports of the bundle `builder-view.js`. */
export interface BuilderModule {
  /** Draw a view with the texts of the library's catalogue; the returned function unmounts it. */
  draw(props: RenderProps, library: BackboneModel): () => void;
}
