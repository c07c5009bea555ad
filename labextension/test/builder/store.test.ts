/** Tests of the builder's store: updates, and missed messages. */

import { expect, test } from "vitest";
import { parseBuilderMessage } from "../../src/builder/parse";
import type { State } from "../../src/builder/protocol";
import { BuilderStore } from "../../src/builder/store";
import { layer, state } from "./fixture";

function open() {
  let [asked, time] = [0, 0];
  const store = new BuilderStore(
    () => asked++,
    () => time,
  );
  const receive = (kind: string, payload: object) =>
    store.receive(parseBuilderMessage({ v: 1, kind, payload }));
  receive("snapshot", state());
  return { store, receive, asked: () => asked, pass: (ms: number) => (time += ms) };
}

test("an update changes its sections, and keeps the objects of the others", () => {
  const { store, receive } = open();
  const before = store.state!;
  receive("update", { sequence: 1, layers: { b: layer("b", { summary: "64" }) } });
  const after = store.state!;
  expect(after.layers.b!.summary).toBe("64");
  expect(after.layers.a).toBe(before.layers.a);
  expect(after.compile).toBe(before.compile);
  expect(before.layers.b!.summary).toBe("128, relu");
});

test("layers that are not in the stack any more are dropped, with those inside them", () => {
  const { store, receive } = open();
  receive("update", { sequence: 1, order: ["a", "b", "f"] });
  expect(Object.keys(store.state!.layers)).toEqual(["a", "b", "f"]);
});

test("layers stay reachable through blocks", () => {
  const { store, receive } = open();
  const block = layer("c", { title: "Sequential", children: ["e"] });
  receive("update", { sequence: 1, layers: { c: block } });
  expect(Object.keys(store.state!.layers)).toEqual(["a", "b", "c", "e", "f"]);
});

test("after a gap updates are ignored until a snapshot comes, which is requested regularly", () => {
  const { store, receive, asked, pass } = open();
  receive("update", { sequence: 2, name: "two" });
  expect(store.state!.name).toBe("digits");
  expect(asked()).toBe(1);
  receive("update", { sequence: 3, name: "three" });
  expect(asked()).toBe(1);
  pass(1000);
  receive("update", { sequence: 4, name: "four" });
  expect(asked()).toBe(2);
  receive("snapshot", state({ sequence: 4, name: "four" }));
  receive("update", { sequence: 5, name: "five" });
  expect(store.state!.name).toBe("five");
});

test("old messages change nothing", () => {
  const { store, receive, asked } = open();
  receive("update", { sequence: 1, name: "new" });
  receive("update", { sequence: 1, name: "again" });
  receive("snapshot", state({ name: "old" }));
  expect(store.state!.name).toBe("new");
  expect(asked()).toBe(0);
});

test("a snapshot keeps the layers that it does not change", () => {
  const { store, receive } = open();
  const before = store.state!.layers;
  const copy = JSON.parse(JSON.stringify(state({ sequence: 7 }))) as State;
  copy.layers.a!.summary = "other";
  receive("snapshot", copy);
  expect(store.state!.layers.b).toBe(before.b);
  expect(store.state!.layers.a).not.toBe(before.a);
});

test("listeners are called after changes and when the kernel is gone", () => {
  const { store, receive } = open();
  const lifetime = new AbortController();
  let heard = 0;
  store.subscribe(() => heard++, lifetime.signal);
  receive("update", { sequence: 1, name: "new" });
  store.disconnect();
  store.disconnect();
  expect([heard, store.connected]).toEqual([2, false]);
  lifetime.abort();
  receive("update", { sequence: 2, name: "newer" });
  expect([heard, store.connected]).toEqual([2, true]);
});
