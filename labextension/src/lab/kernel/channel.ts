/**
 * The talk with one kernel, over the comm of a known id that `kwidgets/kernel/channel.py` owns. All
 * views of this page share it. It outlives restarts of the kernel and connections of the page.
 */

import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { CHANNEL, type Hello, PROTOCOL_VERSION } from "../../protocol";
import { Fields, ProtocolError } from "../../shared/fields";
import { pageLanguage, t } from "../../shared/translation";
import { findSubshell, hasComm, sendToComm } from "./subshell";

/** The kernel forgets a page that it has not heard for five times as long. */
const HELLO_MS = 30_000;
/** So often is a kernel asked that does not answer, before it counts as one without kwidgets. */
const LOOKS = 4;

export type ChannelState =
  /** The page is still connecting, or the kernel starting. */
  | { is: "connecting" }
  /** kwidgets is not loaded in the kernel. */
  | { is: "absent" }
  | { is: "open"; kwidgets: string; kerasBackend: string | null; hearsWhileBusy: boolean }
  /** The kernel's kwidgets and ours do not understand each other. */
  | { is: "refused"; message: string }
  /** The connection is gone, or the kernel dead. */
  | { is: "lost"; dead: boolean };

export interface ChannelListener {
  /** A message came, from whatever version of kwidgets that is ours. */
  message?(content: Record<string, unknown>, buffers: readonly unknown[]): void;
  /** `state` has changed. */
  changed?(): void;
}

export class KernelChannel {
  state: ChannelState = { is: "connecting" };
  private readonly listeners = new Set<ChannelListener>();
  private subshell: Promise<string | null | undefined> | null = null;
  private greeted = false;
  private kernel: Kernel.IKernelConnection | null = null;
  private readonly connections: Kernel.IKernelConnection[] = [];
  /** Counts connections and restarts: what was begun before the last one no longer matters. */
  private epoch = 0;
  private readonly timer = setInterval(() => this.stillHere(), HELLO_MS);

  /** Use `kernel`, one of perhaps several connections to the same one. */
  add(kernel: Kernel.IKernelConnection): void {
    if (kernel.isDisposed || this.connections.includes(kernel)) return;
    this.connections.push(kernel);
    kernel.disposed.connect(() => {
      this.connections.splice(this.connections.indexOf(kernel), 1);
      if (this.kernel === kernel) this.use(this.connections[0] ?? null);
    });
    if (!this.kernel) this.use(kernel);
  }

  /** Whether no view of this page has a connection to the kernel any more. */
  get isOrphan(): boolean {
    return this.connections.length === 0;
  }

  listen(listener: ChannelListener, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Send an envelope; it is lost when the kernel cannot be reached. */
  send(message: { kind: string; payload: unknown; id?: string; run?: string }): void {
    const { kernel, epoch } = this;
    if (!kernel) return;
    this.subshell ??= findSubshell(kernel);
    const pending = this.subshell;
    void pending.then((subshell) => {
      if (epoch !== this.epoch) return;
      // It did not answer in time: perhaps it does the next time.
      if (subshell === undefined && this.subshell === pending) this.subshell = null;
      try {
        sendToComm(kernel, subshell ?? null, CHANNEL, { v: PROTOCOL_VERSION, ...message });
      } catch (error) {
        console.warn("kwidgets: a message could not be sent.", error);
      }
    });
  }

  dispose(): void {
    clearInterval(this.timer);
    this.use(null);
    this.listeners.clear();
  }

  private use(kernel: Kernel.IKernelConnection | null): void {
    if (this.kernel && !this.kernel.isDisposed) {
      this.kernel.iopubMessage.disconnect(this.onMessage, this);
      this.kernel.statusChanged.disconnect(this.onStatus, this);
      this.kernel.connectionStatusChanged.disconnect(this.onConnection, this);
    }
    this.kernel = kernel;
    if (!kernel) {
      this.epoch++;
      this.become({ is: "lost", dead: false });
      return;
    }
    kernel.iopubMessage.connect(this.onMessage, this);
    kernel.statusChanged.connect(this.onStatus, this);
    kernel.connectionStatusChanged.connect(this.onConnection, this);
    this.begin(kernel);
  }

  /** Find out whether kwidgets is there. */
  private begin(kernel: Kernel.IKernelConnection): void {
    const epoch = ++this.epoch;
    this.subshell = null;
    this.greeted = false;
    if (kernel.status === "dead") {
      this.become({ is: "lost", dead: true });
      return;
    }
    // What was known stays shown until it is known anew.
    if (this.state.is !== "open") this.become({ is: "connecting" });
    if (kernel.connectionStatus !== "connected") return;
    void this.look(kernel, epoch, LOOKS);
  }

  private async look(
    kernel: Kernel.IKernelConnection,
    epoch: number,
    looksLeft: number,
  ): Promise<void> {
    const there = await hasComm(kernel, CHANNEL);
    if (epoch !== this.epoch || this.greeted) return;
    // A kernel that is starting, or deep in compiled code, may answer the next time.
    if (there === null && looksLeft > 1) await this.look(kernel, epoch, looksLeft - 1);
    else if (there) this.hello();
    else this.become({ is: "absent" });
  }

  private hello(): void {
    this.greeted = true;
    this.greet();
  }

  private stillHere(): void {
    if (this.state.is === "open") this.greet();
  }

  private greet(): void {
    const payload: Hello = { language: pageLanguage() };
    this.send({ kind: "hello", payload });
  }

  private onConnection(kernel: Kernel.IKernelConnection): void {
    if (kernel.connectionStatus === "connected") this.begin(kernel);
    else if (this.state.is === "open") this.become({ is: "lost", dead: false });
  }

  private onStatus(kernel: Kernel.IKernelConnection, status: Kernel.Status): void {
    if (status === "dead" || status === "terminating") {
      this.epoch++;
      this.become({ is: "lost", dead: true });
    } else if (status === "restarting" || status === "autorestarting") {
      // Nothing of the old kernel is left; the new one tells when kwidgets is loaded in it.
      this.epoch++;
      this.subshell = null;
      this.greeted = false;
      this.become({ is: "absent" });
    } else if (this.state.is === "lost") {
      this.begin(kernel);
    }
  }

  private onMessage(_: unknown, message: KernelMessage.IIOPubMessage): void {
    const { comm_id: id, data } = message.content as { comm_id?: unknown; data?: unknown };
    if (id !== CHANNEL || message.header.msg_type !== "comm_msg") return;
    try {
      this.receive(data, message.buffers ?? []);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      console.warn(`kwidgets: message ignored. ${error.message}`);
    }
  }

  private receive(data: unknown, buffers: readonly unknown[]): void {
    const fields = new Fields(data, "message");
    const version = fields.value("v");
    const kind = fields.string("kind");
    if (kind === "refused") {
      this.become({ is: "refused", message: fields.fields("payload").string("message") });
      return;
    }
    if (version !== PROTOCOL_VERSION) {
      this.become({ is: "refused", message: otherVersion(version) });
      return;
    }
    if (kind === "goodbye") {
      this.greeted = false;
      this.become({ is: "absent" });
      return;
    }
    if (kind === "welcome") {
      const welcome = fields.fields("payload");
      this.become({
        is: "open",
        kwidgets: welcome.string("kwidgets"),
        kerasBackend: welcome.nullable("keras_backend", () => welcome.string("keras_backend")),
        hearsWhileBusy: welcome.boolean("hears_while_busy"),
      });
      // It may be the kernel's first word, said to nobody in particular.
      if (!this.greeted) this.hello();
      return;
    }
    // Said to another page, or to this one before it was loaded anew.
    if (!this.greeted) this.hello();
    for (const listener of [...this.listeners]) {
      listener.message?.(data as Record<string, unknown>, buffers);
    }
  }

  private become(state: ChannelState): void {
    if (JSON.stringify(state) === JSON.stringify(this.state)) return;
    this.state = state;
    for (const listener of [...this.listeners]) listener.changed?.();
  }
}

function otherVersion(version: unknown): string {
  const newer = typeof version === "number" && version > PROTOCOL_VERSION;
  return newer
    ? t(
        "The kernel's kwidgets is newer than this page's. Upgrade kwidgets where JupyterLab runs (pip install --upgrade kwidgets) and reload the page.",
      )
    : t(
        "The kernel's kwidgets is older than this page's. Upgrade it in the kernel (%pip install --upgrade kwidgets) and restart the kernel.",
      );
}
