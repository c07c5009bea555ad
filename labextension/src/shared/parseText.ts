/** Parses texts that the page translates. */

import { Fields, ProtocolError, shorten } from "./fields";
import type { Message } from "./translation";

const MAX_VALUES = 9; // of a text: %1 to %9

/** Parse a text that the page translates; values of values are as deep as our own texts go. */
export function parseText(fields: Fields, depth = 3): Message {
  return {
    key: fields.label("key"),
    values: fields.items(
      "values",
      (value, path) => {
        if (typeof value === "string") return shorten(value);
        if (depth === 0) throw new ProtocolError(path, "a string", value);
        return parseText(new Fields(value, path), depth - 1);
      },
      { first: MAX_VALUES },
    ),
  };
}
