/** A Transport to one run over the channel of its kernel, from saved data on. */

import { lenientParser } from "../../live/parse";
import { FINAL_STATUSES, type ViewKind, type ViewPayloads } from "../../live/protocol";
import { Exchange, type Sent, type Transport, type TransportListener } from "../../live/transport";
import { newId } from "../../shared/newId";
import type { KernelChannel } from "./channel";

export class RunTransport implements Transport {
  private readonly exchange = new Exchange();
  private readonly parse = lenientParser((text) => console.warn(text));
  private listener: TransportListener | null = null;
  private channel: KernelChannel | null = null;
  private binding: AbortController | null = null;
  /** Whether the kernel has the run. */
  private known = false;
  /** Whether what is saved is the end of the run: then there is nothing to ask. */
  private over = false;

  /**
   * @param runId names the run
   * @param saved what the notebook holds of it, or null
   * @param onBundle is given the output that the kernel left when the run had ended
   */
  constructor(
    readonly runId: string,
    private saved: unknown,
    private readonly onBundle: (bundle: Record<string, unknown>) => void = () => {},
  ) {}

  get interactive(): boolean {
    return this.known;
  }

  listen(listener: TransportListener, signal: AbortSignal): void {
    this.listener = listener;
    signal.addEventListener("abort", () => {
      this.listener = null;
      this.binding?.abort();
    });
    this.deliverSaved();
    this.ask();
  }

  /** Show other saved data, such as a later state of the same run. */
  replace(saved: unknown): void {
    this.saved = saved;
    this.deliverSaved();
  }

  /** Talk over this channel from now on. */
  use(channel: KernelChannel | null): void {
    if (channel === this.channel) return;
    this.binding?.abort();
    this.binding = new AbortController();
    this.channel = channel;
    channel?.listen(
      {
        message: (content, buffers) => this.receive(content, buffers),
        changed: () => this.channelChanged(),
      },
      this.binding.signal,
    );
    this.channelChanged();
  }

  send<K extends ViewKind>(kind: K, payload: ViewPayloads[K]): Sent {
    const id = newId();
    const sent = this.exchange.open(id);
    this.channel?.send({ kind, payload, id, run: this.runId });
    return sent;
  }

  private channelChanged(): void {
    if (this.channel?.state.is === "open") {
      this.ask();
    } else if (this.known) {
      this.listener?.lost();
    }
  }

  private ask(): void {
    if (this.over || !this.listener || this.channel?.state.is !== "open") return;
    this.send("resync", {});
  }

  private receive(content: Record<string, unknown>, buffers: readonly unknown[]): void {
    if (content.run !== this.runId || !this.listener) return;
    if (content.kind === "unknown_run") {
      if (!this.known) return;
      this.known = false;
      this.listener.lost();
      return;
    }
    if (content.kind === "bundle") {
      this.onBundle(content.payload as Record<string, unknown>);
      return;
    }
    const message = this.parse(content, buffers);
    if (!message) return;
    this.known = true;
    this.exchange.settle(message);
    this.listener.message(message);
  }

  private deliverSaved(): void {
    const message = this.saved ? this.parse(this.saved) : null;
    if (message?.kind !== "snapshot") return;
    this.over = FINAL_STATUSES.has(message.payload.progress.status);
    this.listener?.message(message);
  }
}
