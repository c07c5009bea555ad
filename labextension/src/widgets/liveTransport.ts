/** A Transport over an anywidget model. */

import { lenientParser } from "../live/parse";
import { envelope, type ViewKind, type ViewPayloads } from "../live/protocol";
import { Exchange, type Sent, type Transport, type TransportListener } from "../live/transport";
import { newId } from "../shared/newId";
import type { Channel } from "./liveBundle";

export class ModelTransport implements Transport {
  readonly interactive = true;
  private readonly exchange = new Exchange();
  private readonly parse = lenientParser((text) => console.warn(text));

  constructor(private readonly channel: Channel) {}

  listen(listener: TransportListener, signal: AbortSignal): void {
    const receive = (content: unknown, buffers: readonly unknown[] = []) => {
      if (signal.aborted) return;
      const message = this.parse(content, buffers);
      if (!message) return;
      this.exchange.settle(message);
      listener.message(message);
    };
    const readSnapshot = () => {
      const snapshot = this.channel.snapshot();
      if (snapshot) receive(snapshot);
    };
    readSnapshot();
    this.channel.listen({
      message: receive,
      renewed: readSnapshot,
      lost: () => {
        if (!signal.aborted) listener.lost();
      },
    });
  }

  send<K extends ViewKind>(kind: K, payload: ViewPayloads[K]): Sent {
    const id = newId();
    const sent = this.exchange.open(id);
    this.channel.send(envelope(kind, payload, id));
    return sent;
  }
}
