/** A kernel for the tests of a view: it has a first message, and sends what a test wants. */

import { act } from "preact/test-utils";
import { parseMessage } from "../../src/live/parse";
import type { ViewKind } from "../../src/live/protocol";
import {
  type Loss,
  PendingCommands,
  type Transport,
  type TransportListener,
} from "../../src/live/transport";
import { wireProgress, wireUpdate } from "./messages";

export class FakeTransport implements Transport {
  readonly sent: { kind: ViewKind; payload: unknown; id: string }[] = [];
  private listener!: TransportListener;
  private readonly pending = new PendingCommands();
  private sequence = 0;

  constructor(
    readonly interactive: boolean,
    private readonly first: unknown,
  ) {}

  listen(listener: TransportListener): void {
    this.listener = listener;
    if (this.first) listener.message(parseMessage(this.first));
  }

  send(kind: ViewKind, payload: unknown) {
    const id = String(this.sent.length);
    this.sent.push({ kind, payload, id });
    return this.pending.add(id);
  }

  update(progress: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<void> {
    return this.receive(wireUpdate(++this.sequence, { progress: wireProgress(progress), ...more }));
  }

  answer(kind: "acknowledge" | "reply", payload: object): Promise<void> {
    return this.receive({ v: 1, kind, id: this.sent.at(-1)?.id, payload });
  }

  receive(content: unknown): Promise<void> {
    return act(async () => {
      const message = parseMessage(content);
      this.pending.resolve(message);
      this.listener.message(message);
    }) as Promise<void>;
  }

  lose(loss: Loss): Promise<void> {
    return act(async () => this.listener.lost(loss)) as Promise<void>;
  }
}
