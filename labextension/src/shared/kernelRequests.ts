/** Sends requests to a kernel, and matches its answers with them by their ids. */

import { newId } from "./newId";
import { t } from "./translation";

/** The requests of a view, with the payload and the answer of each. */
export type RequestTable<R> = { [K in keyof R]: { payload: object; answer: unknown } };

/** A kernel that does not hear while a cell runs answers when the cell has ended. */
const TIMEOUT_MS = 60_000;

interface Waiting {
  receive: (payload: unknown) => void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class KernelRequests<R extends RequestTable<R>> {
  private readonly waiting = new Map<string, Waiting>();

  /**
   * @param answerKind the kind of the messages that answer
   * @param parse returns the answer to a request of a kind, or throws for one that was refused
   * @param send sends a message to the kernel; throws an error for the user if there is none
   * @param unhurried kinds that may take the kernel longer than any timeout
   */
  constructor(
    private readonly answerKind: string,
    private readonly parse: <K extends keyof R & string>(
      kind: K,
      payload: unknown,
    ) => R[K]["answer"],
    private readonly send: (message: {
      kind: keyof R & string;
      payload: object;
      id: string;
    }) => void,
    private readonly unhurried: readonly (keyof R & string)[] = [],
  ) {}

  /** Resolve with the answer; reject when refused, or when no answer comes. */
  request<K extends keyof R & string>(kind: K, payload: R[K]["payload"]): Promise<R[K]["answer"]> {
    return new Promise((resolve, reject) => {
      const id = newId();
      const timer = this.unhurried.includes(kind)
        ? undefined
        : setTimeout(() => {
            this.waiting.delete(id);
            reject(
              new Error(t("The kernel has not answered. Try again after the cell has ended.")),
            );
          }, TIMEOUT_MS);
      const receive = (answer: unknown) => {
        try {
          resolve(this.parse(kind, answer));
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
  receive(content: unknown): void {
    const message = content as { kind?: unknown; id?: unknown; payload?: unknown };
    if (message.kind !== this.answerKind) return;
    const id = String(message.id);
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.waiting.delete(id);
    waiting.receive(message.payload);
  }
}
