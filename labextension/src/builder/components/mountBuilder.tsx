/** Puts a builder into a page's element, and its style sheet into the page. */

import { render } from "preact";
import { keepStyle } from "../../shared/styleSheets";
import type { BuilderSession } from "../session";
import type { WidgetHost } from "../widgetHost";
import { Builder } from "./Builder";
import { SHEETS } from "./styleSheets";

/** Draw the view of `session` into `element`; returns what takes it away again. */
export function mountBuilder(
  element: HTMLElement,
  session: BuilderSession,
  host: WidgetHost | null,
): () => void {
  const forget = keepStyle(element, SHEETS);
  render(<Builder session={session} host={host} />, element);
  return () => {
    forget();
    render(null, element);
  };
}
