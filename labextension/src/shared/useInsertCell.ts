/** Inserts code into a cell below the view, where the page has cells. */

import { useHostAction } from "./useHostAction";
import { INSERT_CELL, type InsertCell } from "./viewEvents";

/** Return whether code can be inserted, and a function that does; `root` is the `ref` of an element. */
export function useInsertCell() {
  const { root, isHandled, send } = useHostAction<InsertCell>(INSERT_CELL, { source: null });
  return { root, canInsert: isHandled, insert: (source: string) => send({ source }) };
}
