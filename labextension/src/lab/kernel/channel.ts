/**
 * The channel between this page and one kernel: a comm of a known id, whose other end is
 * `kwidgets/kernel/channel.py`. All views of the page share it, across restarts of the kernel and
 * connections of the page.
 */

import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { CHANNEL, type Hello, PROTOCOL_VERSION } from "../../protocol";
import { Fields, ProtocolError } from "../../shared/fields";
import { pageLanguage, t } from "../../shared/translation";
import { findSubshell, hasComm, sendToComm } from "./subshell";

/** The kernel drops a page that has sent nothing for five times as long. */
const HELLO_INTERVAL_MS = 30_000;
/** After so many requests without an answer a kernel counts as one without kwidgets. */
const MAX_COMM_REQUESTS = 4;

export type ChannelState =
  /** The page is still connecting, or the kernel starting. */
  | { is: "connecting" }
  /** kwidgets is not loaded in the kernel. */
  | { is: "absent" }
  | { is: "open"; kwidgets: string; kerasBackend: string | null; receivesWhileBusy: boolean }
  /** The kernel's version of kwidgets is incompatible with ours. */
  | { is: "refused"; message: string }
  /** The connection is gone, or the kernel dead. */
  | { is: "lost"; dead: boolean };

export interface ChannelListener {
  /** A message came, from a compatible version of kwidgets. */
  message?(content: Record<string, unknown>): void;
  /** `state` has changed. */
  changed?(): void;
}

export class KernelChannel {
  state: ChannelState = { is: "connecting" };
  private readonly listeners = new Set<ChannelListener>();
  private subshell: Promise<string | null | undefined> | null = null;
  /** Whether a hello was sent over the current connection to the kernel. */
  private helloSent = false;
  private kernel: Kernel.IKernelConnection | null = null;
  private readonly connections: Kernel.IKernelConnection[] = [];
  /** Counts connections and restarts: actions from before the last one are dropped. */
  private epoch = 0;
  private readonly timer = setInterval(() => this.repeatHello(), HELLO_INTERVAL_MS);

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

  /** Whether no view of this page is connected to the kernel any more. */
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
      // No answer in time: try again with the next message.
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
      this.setState({ is: "lost", dead: false });
      return;
    }
    kernel.iopubMessage.connect(this.onMessage, this);
    kernel.statusChanged.connect(this.onStatus, this);
    kernel.connectionStatusChanged.connect(this.onConnection, this);
    this.connect(kernel);
  }

  /** Find out whether kwidgets is there. */
  private connect(kernel: Kernel.IKernelConnection): void {
    const epoch = ++this.epoch;
    this.subshell = null;
    this.helloSent = false;
    if (kernel.status === "dead") {
      this.setState({ is: "lost", dead: true });
      return;
    }
    // An open channel stays shown as open until the kernel has answered.
    if (this.state.is !== "open") this.setState({ is: "connecting" });
    if (kernel.connectionStatus !== "connected") return;
    void this.findComm(kernel, epoch, MAX_COMM_REQUESTS);
  }

  private async findComm(
    kernel: Kernel.IKernelConnection,
    epoch: number,
    requestsLeft: number,
  ): Promise<void> {
    const found = await hasComm(kernel, CHANNEL);
    if (epoch !== this.epoch || this.helloSent) return;
    // A kernel that is starting, or runs compiled code, may answer the next time.
    if (found === null && requestsLeft > 1) await this.findComm(kernel, epoch, requestsLeft - 1);
    else if (found) this.sendFirstHello();
    else this.setState({ is: "absent" });
  }

  private sendFirstHello(): void {
    this.helloSent = true;
    this.sendHello();
  }

  private repeatHello(): void {
    if (this.state.is === "open") this.sendHello();
  }

  private sendHello(): void {
    const payload: Hello = { language: pageLanguage() };
    this.send({ kind: "hello", payload });
  }

  private onConnection(kernel: Kernel.IKernelConnection): void {
    if (kernel.connectionStatus === "connected") this.connect(kernel);
    else if (this.state.is === "open") this.setState({ is: "lost", dead: false });
  }

  private onStatus(kernel: Kernel.IKernelConnection, status: Kernel.Status): void {
    if (status === "dead" || status === "terminating") {
      this.epoch++;
      this.setState({ is: "lost", dead: true });
    } else if (status === "restarting" || status === "autorestarting") {
      // The new kernel sends a message when kwidgets is loaded in it.
      this.epoch++;
      this.subshell = null;
      this.helloSent = false;
      this.setState({ is: "absent" });
    } else if (this.state.is === "lost") {
      this.connect(kernel);
    }
  }

  private onMessage(_: unknown, message: KernelMessage.IIOPubMessage): void {
    const { comm_id: id, data } = message.content as { comm_id?: unknown; data?: unknown };
    if (id !== CHANNEL || message.header.msg_type !== "comm_msg") return;
    try {
      this.receive(data);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      console.warn(`kwidgets: message ignored. ${error.message}`);
    }
  }

  private receive(data: unknown): void {
    const fields = new Fields(data, "message");
    const version = fields.value("v");
    const kind = fields.string("kind");
    if (kind === "refused") {
      this.setState({ is: "refused", message: fields.fields("payload").string("message") });
      return;
    }
    if (version !== PROTOCOL_VERSION) {
      this.setState({ is: "refused", message: versionMessage(version) });
      return;
    }
    if (kind === "goodbye") {
      this.helloSent = false;
      this.setState({ is: "absent" });
      return;
    }
    if (kind === "welcome") {
      const welcome = fields.fields("payload");
      this.setState({
        is: "open",
        kwidgets: welcome.string("kwidgets"),
        kerasBackend: welcome.nullable("keras_backend", () => welcome.string("keras_backend")),
        receivesWhileBusy: welcome.boolean("hears_while_busy"),
      });
      // The kernel's first message may be this one, sent to all pages.
      if (!this.helloSent) this.sendFirstHello();
      return;
    }
    // The message was meant for another page, or for this one before it was reloaded.
    if (!this.helloSent) this.sendFirstHello();
    for (const listener of [...this.listeners]) {
      listener.message?.(data as Record<string, unknown>);
    }
  }

  private setState(state: ChannelState): void {
    if (JSON.stringify(state) === JSON.stringify(this.state)) return;
    this.state = state;
    for (const listener of [...this.listeners]) listener.changed?.();
  }
}

function versionMessage(version: unknown): string {
  const newer = typeof version === "number" && version > PROTOCOL_VERSION;
  return newer
    ? t(
        "kwidgets in the kernel is newer than in this page. Upgrade it in JupyterLab's environment (pip install --upgrade kwidgets), then reload the page.",
      )
    : t(
        "kwidgets in the kernel is older than in this page. Upgrade it in the kernel (%pip install --upgrade kwidgets), then restart the kernel.",
      );
}
