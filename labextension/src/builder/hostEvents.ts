/**
 * What a view asks of the page that holds it, as DOM events, since the view's code and the page's
 * extension share nothing else. Each event bubbles out of shadow roots; who can do what it asks
 * calls preventDefault(). With nothing in it an event only asks whether somebody could.
 */

export const INSERT_CELL = "kwidgets:insert-cell";
export const SAVE_BUNDLE = "kwidgets:bundle";

export interface InsertCell {
  source: string | null;
}
export type MimeBundle = Record<string, unknown>;

/** Whether somebody took the event. */
export function ask(element: EventTarget, name: string, detail: unknown): boolean {
  const event = new CustomEvent(name, { bubbles: true, composed: true, cancelable: true, detail });
  return !element.dispatchEvent(event);
}
