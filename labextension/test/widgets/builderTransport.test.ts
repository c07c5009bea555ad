/** Tests of the builder's transport over an anywidget model: snapshot, messages, the catalog. */

import { gzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import type { Catalog } from "../../src/builder/protocol";
import { BuilderSession } from "../../src/builder/session";
import type { WidgetModel } from "../../src/widgets/builderBundleTypes";
import { BuilderModelTransport } from "../../src/widgets/builderTransport";
import { catalog, state } from "../builder/fixture";

type Listener = (...values: unknown[]) => void;

class FakeModel {
  readonly sent: { kind: string; id: string }[] = [];
  readonly listeners = new Map<string, Set<Listener>>();
  readonly asked: string[] = [];

  constructor(
    readonly values: Record<string, unknown>,
    private readonly other?: FakeModel,
  ) {}

  get = (name: string) => this.values[name];
  send = (content: object) => void this.sent.push(content as never);
  on = (event: string, listener: Listener) => {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  };
  off = (event: string, listener: Listener) => void this.listeners.get(event)?.delete(listener);
  emit(event: string, ...values: unknown[]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(...values);
  }
  widget_manager = {
    get_model: async (id: string) => {
      this.asked.push(id);
      return this.other!;
    },
  };
}

const packed = (data: Catalog) => gzipSync(JSON.stringify(data)).toString("base64");

function open() {
  const library = new FakeModel({ data: packed(catalog) });
  const snapshot = { v: 1, kind: "snapshot", payload: state() };
  const model = new FakeModel({ snapshot, catalog: "IPY_MODEL_c1" }, library);
  const lifetime = new AbortController();
  const transport = new BuilderModelTransport(model as unknown as WidgetModel);
  const session = new BuilderSession(transport, lifetime.signal);
  return { library, model, lifetime, session };
}

test("a view starts with the synced snapshot and requests a newer one", () => {
  const { model, session } = open();
  expect(session.store.state!.name).toBe("digits");
  expect(model.sent.map(({ kind }) => kind)).toEqual(["resync"]);
});

test("the catalog is unpacked, and read again when it changes", async () => {
  const { library, model, session } = open();
  await vi.waitFor(() => expect(session.catalog).toEqual(catalog));
  expect(model.asked).toEqual(["c1"]);
  library.values.data = packed({ ...catalog, activations: ["mine"] });
  library.emit("change:data");
  await vi.waitFor(() => expect(session.catalog!.activations).toEqual(["mine"]));
});

test("requests are matched with their replies, and end with the kernel", async () => {
  const { model, session } = open();
  const [first, second] = [session.edit({ action: "undo" }), session.edit({ action: "redo" })];
  expect(session.waitingSince).not.toBeNull();
  const { id } = model.sent.at(-1)!;
  model.emit("msg:custom", { v: 1, kind: "reply", id, payload: { ok: true, message: "done" } });
  model.emit("msg:custom", {
    v: 1,
    kind: "reply",
    id: "another's",
    payload: { ok: true, message: "" },
  });
  expect(await second).toEqual({ ok: true, message: "done", result: {} });
  model.emit("comm_live_update");
  expect((await first).ok).toBe(false);
  expect(session.waitingSince).toBeNull();
  expect((await session.request("train", {})).message).toContain("kernel is no longer available");
});

test("an unreadable message is logged once and stops nothing", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { model, session } = open();
  model.emit("msg:custom", { v: 1, kind: "later", payload: {} });
  model.emit("msg:custom", { v: 1, kind: "later", payload: {} });
  model.emit("msg:custom", { v: 1, kind: "update", payload: { sequence: 1, name: "new" } });
  expect(session.store.state!.name).toBe("new");
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});

test("a view that was closed receives no more messages", async () => {
  const { library, model, lifetime, session } = open();
  await vi.waitFor(() => expect(session.catalog).not.toBeNull());
  lifetime.abort();
  const left = [model, library].flatMap(({ listeners }) => [...listeners.values()]);
  expect(left.every((each) => each.size === 0)).toBe(true);
});
