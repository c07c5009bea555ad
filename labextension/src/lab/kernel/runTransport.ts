/** A Transport to one run that starts from saved data and continues over its kernel's channel. */

import { lenientParser } from "../../live/parse";
import type { ViewKind, ViewPayloads } from "../../live/protocol";
import {
  type Loss,
  PendingCommands,
  type SentCommand,
  type Transport,
  type TransportListener,
} from "../../live/transport";
import { newId } from "../../shared/newId";
import type { KernelChannel } from "./channel";

export class RunTransport implements Transport {
  private readonly pending = new PendingCommands();
  private readonly parse = lenientParser((text) => console.warn(text));
  private listener: TransportListener | null = null;
  private channel: KernelChannel | null = null;
  private channelLifetime: AbortController | null = null;
  /** Whether the kernel has the run. */
  private kernelHasRun = false;
  /** Whether a view needs more than the final data that the notebook has. */
  private needsKernel = false;

  /**
   * @param runId names the run
   * @param saved the data of the run that the notebook has, or null
   * @param savedIsFinal whether they are the kernel's last: then no snapshot is requested, unless
   *   a view asks for more
   * @param onBundle called with the final output that the kernel sends after the run has ended
   */
  constructor(
    readonly runId: string,
    private saved: unknown,
    private savedIsFinal = false,
    private readonly onBundle: (bundle: Record<string, unknown>) => void = () => {},
  ) {}

  get interactive(): boolean {
    return this.kernelHasRun;
  }

  listen(listener: TransportListener, signal: AbortSignal): void {
    this.listener = listener;
    signal.addEventListener("abort", () => {
      this.listener = null;
      this.channelLifetime?.abort();
    });
    this.deliverSaved();
    this.requestSnapshot();
  }

  /** Show other saved data, such as a later state of the same run. */
  replace(saved: unknown, savedIsFinal: boolean): void {
    this.saved = saved;
    this.savedIsFinal = savedIsFinal;
    this.deliverSaved();
  }

  /** Use this channel from now on. */
  use(channel: KernelChannel | null): void {
    if (channel === this.channel) return;
    this.channelLifetime?.abort();
    this.channelLifetime = new AbortController();
    this.channel = channel;
    channel?.listen(
      {
        message: (content) => this.receive(content),
        changed: () => this.channelChanged(),
      },
      this.channelLifetime.signal,
    );
    this.channelChanged();
  }

  send<K extends ViewKind>(kind: K, payload: ViewPayloads[K]): SentCommand {
    const id = newId();
    const sent = this.pending.add(id);
    this.channel?.send({ kind, payload, id, run: this.runId });
    return sent;
  }

  private channelChanged(): void {
    if (this.channel?.state.is === "open") {
      this.requestSnapshot();
    } else if (this.kernelHasRun) {
      this.listener?.lost(this.lossOfChannel());
    }
  }

  private lossOfChannel(): Loss {
    const state = this.channel?.state;
    // A connection that is made again is one that was lost.
    if (state?.is === "connecting" || (state?.is === "lost" && !state.dead)) return "connection";
    return state?.is === "refused" ? "unknown" : "kernel";
  }

  askKernel(): void {
    if (this.needsKernel || this.kernelHasRun) return;
    this.needsKernel = true;
    if (this.savedIsFinal) this.requestSnapshot();
  }

  private requestSnapshot(): void {
    const suffices = this.savedIsFinal && !this.needsKernel;
    if (suffices || !this.listener || this.channel?.state.is !== "open") return;
    this.send("resync", {});
  }

  private receive(content: Record<string, unknown>): void {
    if (content.run !== this.runId || !this.listener) return;
    if (content.kind === "unknown_run") {
      if (!this.kernelHasRun) return;
      this.kernelHasRun = false;
      this.listener.lost("kernel");
      return;
    }
    if (content.kind === "bundle") {
      this.onBundle(content.payload as Record<string, unknown>);
      return;
    }
    const message = this.parse(content);
    if (!message) return;
    this.kernelHasRun = true;
    this.pending.resolve(message);
    this.listener.message(message);
  }

  private deliverSaved(): void {
    const message = this.saved ? this.parse(this.saved) : null;
    if (message?.kind !== "snapshot") return;
    this.listener?.message(message);
  }
}
