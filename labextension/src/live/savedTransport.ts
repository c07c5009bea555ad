/** A Transport over data saved in a notebook: nobody listens, but the data may be replaced. */

import { lenientParser } from "./parse";
import type { Sent, Transport, TransportListener } from "./transport";

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

  send(): Sent {
    return { acknowledged: never, reply: never };
  }
}
