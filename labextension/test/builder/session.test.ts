/** Tests of the builder's session: its requests to a slow kernel. */

import { expect, test } from "vitest";
import { BuilderSession } from "../../src/builder/session";
import { FakeKernel } from "./fakeKernel";
import { state } from "./fixture";

test("in a burst no edit is dropped, and few are on the way at once", async () => {
  const kernel = new FakeKernel(state());
  kernel.automatic = false;
  const session = new BuilderSession(kernel, new AbortController().signal);
  const replies = Array.from({ length: 1000 }, (_, i) =>
    session.edit({ action: "enable", uid: "b", enabled: i % 2 === 1 }),
  );
  expect(kernel.of("edit").length).toBeLessThan(100);
  expect(session.store.state!.layers.b!.enabled).toBe(true);
  while (kernel.of("edit").length < 1000) kernel.catchUp();
  kernel.catchUp();
  expect((await Promise.all(replies)).every(({ ok }) => ok)).toBe(true);
  const sent = kernel.of("edit").map(({ enabled }) => enabled);
  expect(sent).toEqual(Array.from({ length: 1000 }, (_, i) => i % 2 === 1));
  expect(session.waitingSince).toBeNull();
});

test("when the kernel is gone, what waits in the page is answered too", async () => {
  const kernel = new FakeKernel(state());
  kernel.automatic = false;
  const session = new BuilderSession(kernel, new AbortController().signal);
  const replies = Array.from({ length: 100 }, () => session.edit({ action: "remove", uid: "b" }));
  expect(session.store.state!.order).not.toContain("b");
  kernel.lose();
  expect((await Promise.all(replies)).some(({ ok }) => ok)).toBe(false);
  expect(session.store.state!.order).toContain("b");
});
