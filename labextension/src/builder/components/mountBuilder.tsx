/** Mounts a builder into a page's element, with its style sheets. */

import { render } from "preact";
import { keepKeys } from "../../shared/keys";
import { addStyleSheets } from "../../shared/styleSheets";
import type { WidgetHost } from "../anywidgetHost";
import type { BuilderSession } from "../session";
import { Builder } from "./Builder";
import { SHEETS } from "./styleSheets";

/** Draw the view of `session` into `element`; the returned function unmounts it. */
export function mountBuilder(
  element: HTMLElement,
  session: BuilderSession,
  host: WidgetHost | null,
): () => void {
  const stopWaiting = addStyleSheets(element, SHEETS);
  render(<Builder session={session} host={host} />, element);
  const releaseKeys = keepKeys(element);
  return () => {
    releaseKeys();
    stopWaiting();
    render(null, element);
  };
}
