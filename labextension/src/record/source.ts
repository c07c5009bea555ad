/**
 * Where a view gets recorded runs from: requests to a kernel, over the channel of JupyterLab's page
 * or the comm of a widget.
 */

import { KernelRequests } from "../shared/kernelRequests";
import { parseAnswer } from "./parse";
import { type RequestKind, type Requests, RUNS_ANSWER } from "./protocol";

export interface RunsSource {
  /** Resolves with the answer; rejects with a RefusedError, or when no answer comes. */
  request<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]>;
}

export class KernelRuns extends KernelRequests<Requests> implements RunsSource {
  /** @param send sends a message to the kernel; throws an error for the user if there is none */
  constructor(send: (message: { kind: RequestKind; payload: object; id: string }) => void) {
    super(RUNS_ANSWER, parseAnswer, send);
  }
}
