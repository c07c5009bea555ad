/** A Transport of the live view over an anywidget model. */

import { lenientParser } from "../live/parse";
import { envelope, type ViewKind, type ViewPayloads } from "../live/protocol";
import {
  PendingCommands,
  type SentCommand,
  type Transport,
  type TransportListener,
} from "../live/transport";
import { newId } from "../shared/newId";
import type { ModelChannel } from "./liveBundleTypes";

export class ModelTransport implements Transport {
  readonly interactive = true;
  private readonly pending = new PendingCommands();
  private readonly parse = lenientParser((text) => console.warn(text));

  constructor(private readonly channel: ModelChannel) {}

  listen(listener: TransportListener, signal: AbortSignal): void {
    const receive = (content: unknown) => {
      if (signal.aborted) return;
      const message = this.parse(content);
      if (!message) return;
      this.pending.resolve(message);
      listener.message(message);
    };
    const readSnapshot = () => {
      const snapshot = this.channel.snapshot();
      if (snapshot) receive(snapshot);
    };
    readSnapshot();
    this.channel.listen({
      message: receive,
      snapshotReplaced: readSnapshot,
      lost: () => {
        // The widget's comm was closed, which ipywidgets also does when the connection is lost.
        if (!signal.aborted) listener.lost("unknown");
      },
    });
  }

  send<K extends ViewKind>(kind: K, payload: ViewPayloads[K]): SentCommand {
    const id = newId();
    const sent = this.pending.add(id);
    this.channel.send(envelope(kind, payload, id));
    return sent;
  }
}
