/** Sends requests for models over a kernel's channel, and matches them with their answers. */

import type { RequestKind } from "../../models/protocol";
import type { SummarySource } from "../../models/store";
import { newId } from "../../shared/newId";
import { t } from "../../shared/translation";
import type { KernelChannel } from "./channel";

/** A kernel answers a request within a step of its fit, or at the end of its cell. */
const TIMEOUT_MS = 60_000;

interface Waiting {
  resolve: (answer: unknown) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class ChannelRequests implements SummarySource {
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly channel: KernelChannel,
    signal: AbortSignal,
  ) {
    channel.listen({ message: (content) => this.receive(content) }, signal);
  }

  /** Resolves with the answer's payload; rejects when no answer comes. */
  request(kind: RequestKind, payload: object): Promise<unknown> {
    if (this.channel.state.is !== "open") {
      return Promise.reject(
        new Error(t("The kernel is not available, so its models cannot be shown.")),
      );
    }
    return new Promise((resolve, reject) => {
      const id = newId();
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(t("The kernel has not answered. Try again after the cell has ended.")));
      }, TIMEOUT_MS);
      this.waiting.set(id, { resolve, timer });
      this.channel.send({ kind, payload, id });
    });
  }

  private receive(content: Record<string, unknown>): void {
    if (content.kind !== "answer") return;
    const id = String(content.id);
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.waiting.delete(id);
    waiting.resolve(content.payload);
  }
}
