/** Decodes base64, in which numbers and code travel and are saved. */

import { ProtocolError } from "./fields";

/** Return the bytes of a text, or throw a DOMException. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Return the bytes of a text, or throw a ProtocolError about what is at `path`. */
export function decodeBase64(text: string, path: string): DataView<ArrayBuffer> {
  try {
    return new DataView(bytesOf(text).buffer);
  } catch {
    throw new ProtocolError(path, "base64", text);
  }
}
