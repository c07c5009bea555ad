/**
 * Where a view gets recorded runs from: requests to a kernel, over the channel of JupyterLab's page
 * or the comm of a widget. Matches answers with requests by their ids.
 */

import { newId } from "../shared/newId";
import { t } from "../shared/translation";
import { parseAnswer } from "./parse";
import { type RequestKind, type Requests, RUNS_ANSWER } from "./protocol";

export interface RunsSource {
  /** Resolves with the answer; rejects with a RefusedError, or when no answer comes. */
  request<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]>;
}

/** A kernel that does not hear while a cell runs answers when the cell has ended. */
const TIMEOUT_MS = 60_000;

interface Waiting {
  receive: (payload: unknown, buffers: readonly unknown[]) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class KernelRuns implements RunsSource {
  private readonly waiting = new Map<string, Waiting>();

  /** @param send sends a message to the kernel; throws an error for the user if there is none */
  constructor(
    private readonly send: (message: { kind: RequestKind; payload: object; id: string }) => void,
  ) {}

  request<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]> {
    return new Promise((resolve, reject) => {
      const id = newId();
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(t("The kernel has not answered. Try again after the cell has ended.")));
      }, TIMEOUT_MS);
      const receive = (answer: unknown, buffers: readonly unknown[]) => {
        try {
          resolve(parseAnswer(kind, answer, buffers));
        } catch (error) {
          reject(error);
        }
      };
      this.waiting.set(id, { receive, timer });
      try {
        this.send({ kind, payload, id });
      } catch (error) {
        this.waiting.delete(id);
        clearTimeout(timer);
        reject(error);
      }
    });
  }

  /** Handle a message of the kernel; others than answers to this page are ignored. */
  receive(content: unknown, buffers: readonly unknown[]): void {
    const message = content as { kind?: unknown; id?: unknown; payload?: unknown };
    if (message.kind !== RUNS_ANSWER) return;
    const id = String(message.id);
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.waiting.delete(id);
    waiting.receive(message.payload, buffers);
  }
}
