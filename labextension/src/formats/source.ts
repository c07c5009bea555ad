/**
 * Where the export panel gets its data from: requests to a kernel, over the channel of JupyterLab's
 * page or the comm of a widget.
 */

import { KernelRequests } from "../shared/kernelRequests";
import { parseAnswer } from "./parse";
import { EXPORT_ANSWER, type RequestKind, type Requests } from "./protocol";

export interface ExportSource {
  /** Resolves with the answer; rejects with a RefusedError, or when no answer comes. */
  request<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]>;
}

/** A large model takes minutes to save; all other requests wait for that. */
const UNHURRIED = ["start_export", "start_slim", "export_state"] as const;

export class KernelExports extends KernelRequests<Requests> implements ExportSource {
  /** @param send sends a message to the kernel; throws an error for the user if there is none */
  constructor(send: (message: { kind: RequestKind; payload: object; id: string }) => void) {
    super(EXPORT_ANSWER, parseAnswer, send, UNHURRIED);
  }
}
