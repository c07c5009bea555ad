/**
 * The envelope of every message between kernel and page, and the protocol's version.
 *
 * The mirror of `kwidgets/protocol.py`. Each wing names its own messages in its `protocol.ts`.
 */

export const PROTOCOL_VERSION = 1;
/** Target and id of the comm that the pages with our JupyterLab extension share. */
export const CHANNEL = "kwidgets";

/** Payload of `hello`, which a page with our JupyterLab extension sends on the channel. */
export interface Hello {
  /** The page's language, as `lang` attributes name it. */
  language?: string;
}

/** A JSON number, or one of the three that JSON lacks. */
export type WireNumber = number | "NaN" | "Infinity" | "-Infinity";

/** Wraps every message, in both directions. */
export interface Envelope {
  v: number;
  kind: string;
  id?: string;
  payload: unknown;
}
