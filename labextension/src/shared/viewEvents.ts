/**
 * The DOM events that a view sends to its host: insert a cell, save a bundle, export a model. The view's code and
 * the page's extension share nothing else. Each event bubbles out of shadow roots; a host that can
 * handle it calls preventDefault(). An event without a payload only finds out whether one can.
 */

export const INSERT_CELL = "kwidgets:insert-cell";
export const SAVE_BUNDLE = "kwidgets:bundle";
export const EXPORT_MODEL = "kwidgets:export-model";

export interface InsertCell {
  source: string | null;
}

export interface ExportModel {
  /** The key of the model, or the id of a run that has trained it. */
  model: string | null;
}

export type MimeBundle = Record<string, unknown>;

/** Dispatch an event and return whether a host handles it. */
export function dispatchHostEvent(element: EventTarget, name: string, detail: unknown): boolean {
  const event = new CustomEvent(name, { bubbles: true, composed: true, cancelable: true, detail });
  return !element.dispatchEvent(event);
}
