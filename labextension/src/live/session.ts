/** One run in this page: its store, fed by its transport. All views of the run share it. */

import type { ViewKind, ViewPayloads } from "./protocol";
import { RunStore } from "./store";
import type { Sent, Transport } from "./transport";

export class Session {
  readonly store: RunStore;

  constructor(
    private readonly transport: Transport,
    signal: AbortSignal,
  ) {
    this.store = new RunStore(() => void transport.send("resync", {}));
    transport.listen(
      {
        message: (message) => this.store.receive(message),
        lost: () => this.store.disconnect(),
      },
      signal,
    );
  }

  /** Whether somebody hears commands. */
  get interactive(): boolean {
    return this.transport.interactive;
  }

  send<K extends ViewKind>(kind: K, payload: ViewPayloads[K]): Sent {
    return this.transport.send(kind, payload);
  }
}
