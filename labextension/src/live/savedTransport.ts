/** A Transport that delivers data saved in a notebook, without a kernel. */

import { lenientParser } from "./parse";
import type { SentCommand, Transport, TransportListener } from "./transport";

const never = new Promise<never>(() => {});

export class SavedTransport implements Transport {
  readonly interactive = false;
  private listener: TransportListener | null = null;
  private readonly parse = lenientParser((text) => console.warn(text));

  constructor(private data: unknown) {}

  listen(listener: TransportListener, signal: AbortSignal): void {
    this.listener = listener;
    signal.addEventListener("abort", () => {
      this.listener = null;
    });
    this.replace(this.data);
  }

  /** Show other data, such as a later state of the same run. */
  replace(data: unknown): void {
    this.data = data;
    const message = this.parse(data);
    if (message) this.listener?.message(message);
  }

  send(): SentCommand {
    return { acknowledged: never, reply: never };
  }
}
