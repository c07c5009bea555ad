/**
 * How a view talks to a kernel. A view knows nothing else: the anywidget model, data saved in a
 * notebook, and tests each bring a Transport of their own.
 */

import type { KernelMessage, Reply, ViewKind, ViewPayloads } from "./protocol";

/** A command on its way. The promises stay pending when the kernel does not answer. */
export interface Sent {
  readonly acknowledged: Promise<void>;
  readonly reply: Promise<Reply>;
}

export interface TransportListener {
  /** A message came, parsed. The first one may be the snapshot to start from. */
  message(message: KernelMessage): void;
  /** The kernel is gone. A later message means that it is back. */
  lost(): void;
}

export interface Transport {
  /**
   * False when drawn from saved data: nobody hears a command, so no buttons are shown. Changes only
   * together with a message, or with the loss of the kernel.
   */
  readonly interactive: boolean;
  /** Begin: deliver the snapshot there is, if any, then each message until `signal` aborts. */
  listen(listener: TransportListener, signal: AbortSignal): void;
  send<K extends ViewKind>(kind: K, payload: ViewPayloads[K]): Sent;
}

/** Joins commands with the acknowledge and reply that carry their id. */
export class Exchange {
  private readonly waiting = new Map<
    string,
    { acknowledge: () => void; reply: (reply: Reply) => void }
  >();

  /** Make a Sent for the command `id`. */
  open(id: string): Sent {
    let acknowledge = () => {};
    let answer = (_: Reply) => {};
    const acknowledged = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    const reply = new Promise<Reply>((resolve) => {
      answer = resolve;
    });
    this.waiting.set(id, { acknowledge, reply: answer });
    return { acknowledged, reply };
  }

  /** Take an acknowledge or a reply. Ids of other pages' views are none of ours. */
  settle(message: KernelMessage): void {
    if (message.kind !== "acknowledge" && message.kind !== "reply") return;
    const entry = this.waiting.get(message.id);
    entry?.acknowledge();
    if (message.kind === "reply") {
      entry?.reply(message.payload);
      this.waiting.delete(message.id);
    }
  }
}
