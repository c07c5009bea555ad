/** Checks the protocol's version of a message, or of what is saved in a notebook. */

import { PROTOCOL_VERSION } from "../protocol";
import { type Fields, ProtocolError } from "./fields";

/** Throw a ProtocolError if the data are of another version of kwidgets. */
export function checkVersion(data: Fields, { saved = false } = {}): void {
  const version = data.integer("v");
  if (version === PROTOCOL_VERSION) return;
  const hint = saved
    ? "another version of kwidgets saved this output; run the cell again"
    : "reload the page after upgrading kwidgets";
  throw new ProtocolError(data.at("v"), `${PROTOCOL_VERSION} (${hint})`, version);
}
