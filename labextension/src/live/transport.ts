/**
 * The interface between a view and its kernel, implemented for the anywidget model, for
 * JupyterLab's channel, for data saved in a notebook, and for tests.
 */

import type { KernelMessage, Reply, ViewKind, ViewPayloads } from "./protocol";

/** A command that was sent. The promises stay pending while the kernel does not answer. */
export interface SentCommand {
  readonly acknowledged: Promise<void>;
  readonly reply: Promise<Reply>;
}

/**
 * Why a page receives nothing: the kernel has died, was restarted or shut down; only the connection
 * to it is lost; or one of the two.
 */
export type Loss = "kernel" | "connection" | "unknown";

export interface TransportListener {
  /** A message came, parsed. The first one may be the snapshot to start from. */
  message(message: KernelMessage): void;
  /** The kernel is gone, for the reason in `loss`. A later message means that it is back. */
  lost(loss: Loss): void;
}

export interface Transport {
  /**
   * False for saved data, when no kernel receives commands and no buttons are shown. Changes only
   * together with a message, or with the loss of the kernel.
   */
  readonly interactive: boolean;
  /** Deliver the current snapshot, if any, then each message until `signal` aborts. */
  listen(listener: TransportListener, signal: AbortSignal): void;
  send<K extends ViewKind>(kind: K, payload: ViewPayloads[K]): SentCommand;
  /** Ask a kernel for more than the notebook has of a fit that has ended, if one still knows it. */
  askKernel?(): void;
}

/** Matches commands with the acknowledge and reply of the same id. */
export class PendingCommands {
  private readonly waiting = new Map<
    string,
    { acknowledge: () => void; reply: (reply: Reply) => void }
  >();

  /** Return a SentCommand for the command `id`. */
  add(id: string): SentCommand {
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

  /** Resolve the command of an acknowledge or a reply; ignore ids of other pages. */
  resolve(message: KernelMessage): void {
    if (message.kind !== "acknowledge" && message.kind !== "reply") return;
    const entry = this.waiting.get(message.id);
    entry?.acknowledge();
    if (message.kind === "reply") {
      entry?.reply(message.payload);
      this.waiting.delete(message.id);
    }
  }
}
