/** One run in this page: its store and its transport, shared by all views of the run. */

import type { ViewKind, ViewPayloads } from "./protocol";
import { RunStore } from "./store";
import type { SentCommand, Transport } from "./transport";

export class RunSession {
  readonly store: RunStore;

  constructor(
    private readonly transport: Transport,
    signal: AbortSignal,
  ) {
    this.store = new RunStore(() => void transport.send("resync", {}));
    transport.listen(
      {
        message: (message) => this.store.receive(message),
        lost: (loss) => this.store.disconnect(loss),
      },
      signal,
    );
  }

  /** Whether a kernel receives commands. */
  get interactive(): boolean {
    return this.transport.interactive;
  }

  /** Ask a kernel for more than the notebook has of a fit that has ended. */
  askKernel(): void {
    this.transport.askKernel?.();
  }

  send<K extends ViewKind>(kind: K, payload: ViewPayloads[K]): SentCommand {
    return this.transport.send(kind, payload);
  }
}
