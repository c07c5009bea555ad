/** Tests of a session over the anywidget model and over saved data. */

import { expect, test, vi } from "vitest";
import { SavedTransport } from "../../src/live/savedTransport";
import { RunSession } from "../../src/live/session";
import { loadOnce } from "../../src/shared/loadOnce";
import { newId } from "../../src/shared/newId";
import type { ChannelReceiver, ModelChannel } from "../../src/widgets/liveBundleTypes";
import { ModelTransport } from "../../src/widgets/liveTransport";
import { wireProgress, wireSnapshot, wireUpdate } from "./messages";

class FakeChannel implements ModelChannel {
  current: unknown = wireSnapshot();
  readonly sent: { kind: string; id: string; payload: unknown }[] = [];
  receiver!: ChannelReceiver;
  snapshot = () => this.current;
  send = (content: object) => void this.sent.push(content as never);
  listen = (receiver: ChannelReceiver) => {
    this.receiver = receiver;
  };
  answer(message: object): void {
    this.receiver.message({ v: 1, ...message });
  }
}

function open() {
  const channel = new FakeChannel();
  const lifetime = new AbortController();
  const session = new RunSession(new ModelTransport(channel), lifetime.signal);
  return { channel, session, lifetime };
}

test("a session starts from the synced snapshot and follows the messages", () => {
  const { channel, session } = open();
  expect(session.store.run?.model_name).toBe("digits");
  channel.receiver.message(wireUpdate(1, { progress: wireProgress({ step: 3 }) }));
  expect(session.store.progress?.step).toBe(3);
});

test("a command is answered by the messages with its id", async () => {
  const { channel, session } = open();
  const other = session.send("pause", {});
  const sent = session.send("set_learning_rate", { value: 0.1 });
  const { kind, id, payload } = channel.sent.at(-1)!;
  expect({ kind, payload }).toEqual({ kind: "set_learning_rate", payload: { value: 0.1 } });
  const settled = vi.fn();
  void other.reply.then(settled);
  channel.answer({ kind: "acknowledge", id, payload: {} });
  await sent.acknowledged;
  channel.answer({ kind: "reply", id: "another view's", payload: { ok: true, message: "" } });
  channel.answer({ kind: "reply", id, payload: { ok: false, message: "no" } });
  expect(await sent.reply).toEqual({ ok: false, message: "no" });
  expect(settled).not.toHaveBeenCalled();
});

test("after a gap the session requests a snapshot", () => {
  const { channel } = open();
  channel.receiver.message(wireUpdate(7));
  expect(channel.sent.map(({ kind }) => kind)).toEqual(["resync"]);
});

test("the store is disconnected when the kernel is gone, and connected by a new snapshot", () => {
  const { channel, session } = open();
  channel.receiver.lost();
  expect(session.store.connected).toBe(false);
  channel.current = wireSnapshot({ sequence: 4 });
  channel.receiver.snapshotReplaced();
  expect(session.store.connected).toBe(true);
});

test("nothing arrives after the end", () => {
  const { channel, session, lifetime } = open();
  lifetime.abort();
  channel.receiver.message(wireUpdate(1, { progress: wireProgress({ step: 9 }) }));
  expect(session.store.progress?.step).toBe(2);
});

test("saved data is shown, replaced in place, and takes no commands", () => {
  const transport = new SavedTransport(wireSnapshot());
  const session = new RunSession(transport, new AbortController().signal);
  expect(session.interactive).toBe(false);
  transport.replace(wireSnapshot({ progress: wireProgress({ status: "finished" }) }));
  expect(session.store.progress?.status).toBe("finished");
});

test("unreadable saved data is reported once, and shown as none", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const session = new RunSession(new SavedTransport({ v: 1 }), new AbortController().signal);
  expect(session.store.run).toBe(null);
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});

test("a page loads a bundle once, and again only after a failure", async () => {
  const load = vi.fn(async () => 1);
  expect(await Promise.all([loadOnce("test", load), loadOnce("test", load)])).toEqual([1, 1]);
  expect(load).toHaveBeenCalledTimes(1);
  await expect(loadOnce("bad", () => Promise.reject(new Error("offline")))).rejects.toThrow(
    "offline",
  );
  expect(await loadOnce("bad", load)).toBe(1);
});

test("ids are long and differ", () => {
  expect(newId()).toMatch(/^[0-9a-f]{32}$/);
  expect(newId()).not.toBe(newId());
});
