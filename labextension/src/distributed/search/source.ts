/**
 * Where the view of a search gets its data from: requests to a kernel, over the channel of
 * JupyterLab's page or the comm of a widget.
 */

import { KernelRequests } from "../../shared/kernelRequests";
import { parseAnswer } from "./parse";
import { type RequestKind, type Requests, SEARCH_ANSWER } from "./protocol";

export interface SearchSource {
  /** Resolves with the answer; rejects with a RefusedError, or when no answer comes. */
  request<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]>;
}

export class KernelSearches extends KernelRequests<Requests> implements SearchSource {
  /** @param send sends a message to the kernel; throws an error for the user if there is none */
  constructor(send: (message: { kind: RequestKind; payload: object; id: string }) => void) {
    super(SEARCH_ANSWER, parseAnswer, send);
  }
}
