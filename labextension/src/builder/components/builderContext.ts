/** The context of one builder view: its session, catalog and data, to send edits, show messages. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Catalog, DataState, Edit, Reply } from "../protocol";
import type { BuilderSession } from "../session";

export interface BuilderContextValue {
  session: BuilderSession;
  catalog: Catalog | null;
  data: readonly DataState[];
  /** Send an edit; a refusal is shown at the top of the view. */
  edit(edit: Edit): Promise<Reply>;
  /** Announce a text to screen readers, politely. */
  announce(text: string): void;
  /** Show an error at the top of the view until the next edit; "" hides it. */
  showError(text: string): void;
}

export const BuilderContext = createContext<BuilderContextValue | null>(null);

export function useBuilder(): BuilderContextValue {
  return useContext(BuilderContext)!;
}
