// @vitest-environment jsdom
/** Tests of the channel to a kernel, against a fake kernel. */

import { Signal } from "@lumino/signaling";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KernelChannel } from "../../src/lab/kernel/channel";
import { Channels } from "../../src/lab/kernel/channelByKernel";
import { RunTransport } from "../../src/lab/kernel/runTransport";
import { RunSession } from "../../src/live/session";
import { CHANNEL, PROTOCOL_VERSION } from "../../src/protocol";
import { wireProgress, wireSnapshot, wireUpdate } from "../live/messages";

interface SentCommand {
  channel: string;
  header: { msg_id: string; msg_type: string; subshell_id?: string };
  content: { comm_id?: string; data?: { kind: string; run?: string; id?: string } };
}

class PaperKernel {
  readonly id: string;
  readonly clientId = "page";
  readonly username = "user";
  status = "idle";
  connectionStatus = "connected";
  isDisposed = false;
  readonly sent: SentCommand[] = [];
  readonly iopubMessage = new Signal<this, unknown>(this);
  readonly anyMessage = new Signal<this, unknown>(this);
  readonly statusChanged = new Signal<this, string>(this);
  readonly connectionStatusChanged = new Signal<this, string>(this);
  readonly disposed = new Signal<this, void>(this);
  /** Whether kwidgets is loaded in it. */
  loaded = true;
  subshells: string[] | null = [];

  constructor(id = "k1") {
    this.id = id;
  }

  _sendMessage(message: SentCommand): void {
    this.sent.push(message);
    const { msg_type } = message.header;
    if (msg_type === "comm_info_request") {
      this.reply(message, { comms: this.loaded ? { [CHANNEL]: {} } : {} });
    } else if (msg_type === "list_subshell_request" && this.subshells) {
      this.reply(message, { subshell_id: [...this.subshells] });
    } else if (msg_type === "create_subshell_request" && this.subshells) {
      this.subshells.push(`s${this.subshells.length}`);
      this.reply(message, { subshell_id: this.subshells.at(-1) });
    } else if (message.content.data?.kind === "hello") {
      this.say({ kind: "welcome", payload: this.welcome() });
    }
  }

  welcome() {
    return { kwidgets: "0.1", keras_backend: null, hears_while_busy: this.subshells !== null };
  }

  say(data: object, v: number = PROTOCOL_VERSION): void {
    this.iopubMessage.emit({
      header: { msg_type: "comm_msg" },
      content: { comm_id: CHANNEL, data: { v, ...data } },
    });
  }

  become(status: string): void {
    this.status = status;
    this.statusChanged.emit(status);
  }

  said(kind: string): SentCommand[] {
    return this.sent.filter(({ content }) => content.data?.kind === kind);
  }

  private reply(to: SentCommand, content: object): void {
    queueMicrotask(() =>
      this.anyMessage.emit({
        direction: "recv",
        msg: { channel: "control", parent_header: to.header, content },
      }),
    );
  }
}

const open: KernelChannel[] = [];

function connect(kernel: PaperKernel): KernelChannel {
  const channel = new KernelChannel();
  open.push(channel);
  channel.add(kernel as never);
  return channel;
}

const settle = () => vi.advanceTimersByTimeAsync(1);

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});

afterEach(() => {
  for (const channel of open.splice(0)) channel.dispose();
  vi.useRealTimers();
});

test("a kernel with kwidgets receives hello in a subshell, which the next page uses again", async () => {
  const kernel = new PaperKernel();
  const channel = connect(kernel);
  await settle();
  expect(channel.state).toMatchObject({ is: "open", kwidgets: "0.1" });
  expect(kernel.said("hello")[0]?.header.subshell_id).toBe("s0");
  connect(kernel);
  await settle();
  expect(kernel.subshells).toEqual(["s0"]);
});

test("a kernel without kwidgets receives nothing until it sends welcome", async () => {
  const kernel = new PaperKernel();
  kernel.loaded = false;
  const channel = connect(kernel);
  await settle();
  expect(channel.state).toEqual({ is: "absent" });
  expect(kernel.sent.map(({ header }) => header.msg_type)).toEqual(["comm_info_request"]);
  kernel.say({ kind: "welcome", payload: kernel.welcome() });
  await settle();
  expect(channel.state.is).toBe("open");
  expect(kernel.said("hello")).toHaveLength(1);
});

test("a kernel without subshells receives messages in the main shell", async () => {
  const kernel = new PaperKernel();
  kernel.subshells = null;
  connect(kernel);
  await settle();
  expect(kernel.said("hello")[0]?.header.subshell_id).toBeUndefined();
});

test("the page repeats its hello", async () => {
  const kernel = new PaperKernel();
  connect(kernel);
  await vi.advanceTimersByTimeAsync(95_000);
  expect(kernel.said("hello").length).toBeGreaterThanOrEqual(4);
});

test("a restart drops all, and the new kernel receives hello when it has kwidgets", async () => {
  const kernel = new PaperKernel();
  const channel = connect(kernel);
  await settle();
  kernel.subshells = [];
  kernel.become("restarting");
  expect(channel.state).toEqual({ is: "absent" });
  kernel.become("idle");
  kernel.say({ kind: "welcome", payload: kernel.welcome() });
  await settle();
  expect(channel.state.is).toBe("open");
  expect(kernel.said("hello").at(-1)?.header.subshell_id).toBe("s0");
});

test("a lost connection is reported, and restored by itself", async () => {
  const kernel = new PaperKernel();
  const channel = connect(kernel);
  await settle();
  kernel.connectionStatus = "connecting";
  kernel.connectionStatusChanged.emit("connecting");
  expect(channel.state).toEqual({ is: "lost", dead: false });
  kernel.connectionStatus = "connected";
  kernel.connectionStatusChanged.emit("connected");
  await settle();
  expect(channel.state.is).toBe("open");
  kernel.become("dead");
  expect(channel.state).toEqual({ is: "lost", dead: true });
});

test("two notebooks on one kernel share the channel, which outlives the first of them", async () => {
  const [first, second] = [new PaperKernel(), new PaperKernel()];
  const channels = new Channels();
  const channel = channels.of(first as never);
  open.push(channel);
  expect(channels.of(second as never)).toBe(channel);
  await settle();
  expect(channel.state.is).toBe("open");
  first.isDisposed = true;
  first.disposed.emit();
  await settle();
  expect(channel.state.is).toBe("open");
  expect(second.said("hello").length).toBeGreaterThan(0);
});

test("another version of kwidgets is refused, with what to upgrade", async () => {
  const kernel = new PaperKernel();
  const channel = connect(kernel);
  await settle();
  kernel.say({ kind: "models", payload: {} }, PROTOCOL_VERSION + 1);
  expect(channel.state).toMatchObject({ is: "refused" });
  expect(JSON.stringify(channel.state)).toContain("reload the page");
  kernel.say({ kind: "models", payload: {} }, 0);
  expect(JSON.stringify(channel.state)).toContain("restart the kernel");
  kernel.say({ kind: "refused", payload: { message: "Upgrade this.", version: 2 } });
  expect(channel.state).toEqual({ is: "refused", message: "Upgrade this." });
});

test("data that are no message are ignored", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const kernel = new PaperKernel();
  const channel = connect(kernel);
  await settle();
  kernel.iopubMessage.emit({
    header: { msg_type: "comm_msg" },
    content: { comm_id: CHANNEL, data: "nonsense" },
  });
  expect(channel.state.is).toBe("open");
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

test("a run is drawn from saved data, then live, then from the kernel's final output", async () => {
  const kernel = new PaperKernel();
  const channel = connect(kernel);
  await settle();
  const bundles: object[] = [];
  const transport = new RunTransport("r1", wireSnapshot(), false, (bundle) => bundles.push(bundle));
  const session = new RunSession(transport, new AbortController().signal);
  expect(session.store.run?.model_name).toBe("digits");
  expect(session.interactive).toBe(false);
  transport.use(channel);
  await settle();
  expect(kernel.said("resync").at(-1)?.content.data?.run).toBe("r1");
  kernel.say({ ...wireUpdate(1, { progress: wireProgress({ step: 9 }) }), run: "another" });
  expect(session.store.progress?.step).toBe(2);
  kernel.say({ ...wireUpdate(1, { progress: wireProgress({ step: 9 }) }), run: "r1" });
  expect(session.store.progress?.step).toBe(9);
  expect(session.interactive).toBe(true);
  kernel.say({ kind: "bundle", run: "r1", payload: { a: 1 } });
  expect(bundles).toEqual([{ a: 1 }]);
  kernel.connectionStatus = "connecting";
  kernel.connectionStatusChanged.emit("connecting");
  expect(session.store.loss).toBe("connection");
  kernel.become("autorestarting");
  expect(session.store.loss).toBe("kernel");
});

test("a final run is not requested", async () => {
  const kernel = new PaperKernel();
  const channel = connect(kernel);
  const saved = wireSnapshot({ progress: wireProgress({ status: "finished" }) });
  const transport = new RunTransport("r1", saved, true);
  const session = new RunSession(transport, new AbortController().signal);
  expect(session.store.progress?.status).toBe("finished");
  transport.use(channel);
  await settle();
  expect(kernel.said("resync")).toEqual([]);
});

test("a kernel that is slow to answer receives the request again", async () => {
  const kernel = new PaperKernel();
  const answer = kernel._sendMessage;
  kernel._sendMessage = (message) => void kernel.sent.push(message);
  const channel = connect(kernel);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(channel.state.is).toBe("connecting");
  kernel._sendMessage = answer;
  await vi.advanceTimersByTimeAsync(9_000);
  expect(channel.state.is).toBe("open");
});

test("a run that the kernel does not know stays as it was saved", async () => {
  const kernel = new PaperKernel();
  const channel = connect(kernel);
  const transport = new RunTransport("r1", wireSnapshot());
  const session = new RunSession(transport, new AbortController().signal);
  transport.use(channel);
  await settle();
  kernel.say({ kind: "unknown_run", run: "r1", payload: {} });
  expect(session.interactive).toBe(false);
  expect(session.store.run?.model_name).toBe("digits");
});
