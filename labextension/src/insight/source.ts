/** What the view of a tab gets from the live view around it, and the code that draws it. */

import type { Request, TabName } from "./protocol";
import type { InsightStore } from "./store";

/** The kernel's answer to a request. */
export interface Answer {
  ok: boolean;
  message: string;
}

export interface InsightSource {
  readonly store: InsightStore;
  /** Number of the fit within the view. */
  readonly fit: number;
  /** Whether a kernel answers requests. */
  readonly interactive: boolean;
  /** Send a request; the promise stays pending while the kernel does not answer. */
  request(request: Request): Promise<Answer>;
}

/** The code that draws the tabs, which is loaded when one is opened. */
export interface InsightModule {
  /** Draw a tab into `element`; the returned function unmounts it. */
  mount(element: HTMLElement, source: InsightSource, tab: TabName): () => void;
}

export type LoadInsight = () => Promise<InsightModule>;
