/** What all parts of one builder view share. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Catalog, DataState, Edit, Reply } from "../protocol";
import type { BuilderSession } from "../session";

export interface BuilderTools {
  session: BuilderSession;
  catalog: Catalog | null;
  data: readonly DataState[];
  /** Send an edit; a refusal is shown at the top of the view. */
  edit(edit: Edit): Promise<Reply>;
  /** Tell screen readers, politely. */
  say(text: string): void;
  /** Show a message at the top of the view until the next edit; "" takes it away. */
  complain(text: string): void;
}

export const Tools = createContext<BuilderTools | null>(null);

export function useTools(): BuilderTools {
  return useContext(Tools)!;
}
