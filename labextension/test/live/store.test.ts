/** Tests of the columns and of the store of a run. */

import { beforeEach, describe, expect, test, vi } from "vitest";
import { Columns } from "../../src/live/columns";
import { RunStore } from "../../src/live/store";
import { snapshot, table, update, wireProgress, wireTable } from "./messages";

describe("columns", () => {
  test("a patch replaces its rows and drops those after them", () => {
    const columns = new Columns();
    columns.apply(table({ step: [1, 2, 3, 4], y: [1, 2, 3, 4] }));
    columns.apply(table({ step: [30], y: [33] }, 2));
    expect([...columns.get("step")!]).toEqual([1, 2, 30]);
    expect(columns.at("y", 2)).toBe(33);
    expect(columns.at("y", 3)).toBeNaN();
  });

  test("a column that is new or missing in a patch is NaN where it has no value", () => {
    const columns = new Columns();
    columns.apply(table({ step: [1, 2], a: [1, 2] }));
    columns.apply(table({ step: [3], b: [9] }, 2));
    expect([...columns.get("a")!]).toEqual([1, 2, NaN]);
    expect([...columns.get("b")!]).toEqual([NaN, NaN, 9]);
  });

  test("a patch from row 0 forgets the columns that were", () => {
    const columns = new Columns();
    columns.apply(table({ step: [1, 2], "mean/b": [1, 2] }));
    columns.apply(table({ step: [1] }));
    expect(columns.names).toEqual(["step"]);
  });

  test("a patch beyond the end is refused", () => {
    const columns = new Columns();
    expect(columns.apply(table({ step: [1] }, 1))).toBe(false);
    expect(columns.rows).toBe(0);
  });

  test("grow past any capacity", () => {
    const columns = new Columns();
    for (let i = 0; i < 2000; i++) columns.apply(table({ step: [i] }, i));
    expect(columns.rows).toBe(2000);
    expect([...columns.get("step")!.slice(-2)]).toEqual([1998, 1999]);
  });
});

describe("run store", () => {
  let clock = 0;
  const resync = vi.fn();
  let store: RunStore;
  beforeEach(() => {
    clock = 0;
    resync.mockClear();
    store = new RunStore(resync, () => clock);
  });

  const row = (step: number, loss: number, start: number) => ({
    batch: wireTable({ step: [step], epoch: [1], seconds: [2], "mean/loss": [loss] }, start),
  });

  test("starts from a snapshot and follows updates", () => {
    store.receive(snapshot());
    store.receive(update(1, { ...row(3, 1.25, 2), progress: wireProgress({ step: 3 }) }));
    expect([...store.batch.get("mean/loss")!]).toEqual([2, 1.5, 1.25]);
    expect(store.progress?.step).toBe(3);
    expect(resync).not.toHaveBeenCalled();
  });

  test("ignores old messages", () => {
    store.receive(snapshot({ sequence: 5 }));
    store.receive(update(5, row(9, 9, 0)));
    store.receive(snapshot({ sequence: 3, progress: wireProgress({ step: 1 }) }));
    expect(store.batch.rows).toBe(2);
    expect(store.progress?.step).toBe(2);
  });

  test("after a gap it requests a snapshot, and until then applies only the progress", () => {
    store.receive(snapshot());
    store.receive(update(2, { ...row(3, 1, 2), progress: wireProgress({ step: 3 }) }));
    expect(resync).toHaveBeenCalledTimes(1);
    expect(store.batch.rows).toBe(2);
    expect(store.progress?.step).toBe(3);
    store.receive(update(3, row(4, 1, 2)));
    expect(resync).toHaveBeenCalledTimes(1);
    clock = 1500;
    store.receive(update(4, row(5, 1, 2)));
    expect(resync).toHaveBeenCalledTimes(2);
    store.receive(snapshot({ sequence: 4 }));
    store.receive(update(5, row(6, 1, 2)));
    expect(store.batch.rows).toBe(3);
    expect(resync).toHaveBeenCalledTimes(2);
  });

  test("an update before any snapshot requests one", () => {
    store.receive(update(1));
    expect(resync).toHaveBeenCalledTimes(1);
    expect(store.run).toBe(null);
  });

  test("another run replaces this one, whatever its sequence", () => {
    store.receive(snapshot({ sequence: 9 }));
    const other = snapshot({ sequence: 0 });
    if (other.kind === "snapshot") other.payload.run.run_id = "r2";
    store.receive(other);
    expect(store.run?.run_id).toBe("r2");
  });

  test("tells its listeners until their signal aborts", () => {
    const listener = vi.fn();
    const lifetime = new AbortController();
    store.subscribe(listener, lifetime.signal);
    store.receive(snapshot());
    store.receive({ kind: "acknowledge", id: "a" });
    store.disconnect("kernel");
    expect(listener).toHaveBeenCalledTimes(2);
    lifetime.abort();
    store.receive(update(1));
    expect(listener).toHaveBeenCalledTimes(2);
    expect(store.connected).toBe(true);
  });

  test("its revision counts changes of drawn data", () => {
    store.receive(snapshot());
    const { revision } = store;
    store.receive(update(1));
    expect(store.revision).toBe(revision);
    store.receive(update(2, row(3, 1, 2)));
    expect(store.revision).toBeGreaterThan(revision);
  });
});
