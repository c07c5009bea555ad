// @vitest-environment jsdom
/** Tests of what a view shows of several workers, by role and name. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveView } from "../../src/live/components/LiveView";
import { RunSession } from "../../src/live/session";
import type { Plotly } from "../../src/shared/plotly";
import { FakeTransport } from "./fakeTransport";
import { wireRun, wireSnapshot, wireWorker, wireWorkers } from "./messages";

class NoObserver {
  observe() {}
  disconnect() {}
}

let root: HTMLElement;
beforeEach(() => {
  vi.stubGlobal("ResizeObserver", NoObserver);
  vi.stubGlobal("IntersectionObserver", NoObserver);
  root = document.createElement("div");
  document.body.append(root);
});
afterEach(() => {
  render(null, root);
  root.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function show(workers: object, more: object = {}, interactive = true) {
  const first = wireSnapshot({ workers, ...more });
  const transport = new FakeTransport(interactive, first);
  const session = new RunSession(transport, new AbortController().signal);
  const loadPlotly = () => new Promise<Plotly>(() => {});
  await act(async () => render(<LiveView session={session} loadPlotly={loadPlotly} />, root));
  return transport;
}

const query = <T extends HTMLElement>(selector: string) => root.querySelector<T>(selector);
const table = () => query<HTMLTableElement>("table[aria-label='Workers']");
const cells = (row: number) =>
  [...table()!.tBodies[0]!.rows[row]!.cells].map((cell) => cell.textContent);
const logButton = (rank: number) =>
  query<HTMLButtonElement>(`button[aria-label='Log of rank ${rank}']`)!;
const logOf = (rank: number) => query(`[role=log][aria-label='Log of rank ${rank}']`);
const reads = (transport: FakeTransport) =>
  transport.sent.filter(({ kind }) => kind === "read_log").map(({ payload }) => payload);

test("a row a worker has its step time, waiting, use and memory", async () => {
  await show(wireWorkers());
  expect(cells(1)).toEqual(["1", "training", "52 ms", "40 %", "34 %", "500 MB", "Log"]);
  const meters = [...root.querySelectorAll("[role=meter]")].map((meter) => [
    meter.getAttribute("aria-label"),
    meter.getAttribute("aria-valuetext"),
  ]);
  expect(meters.slice(0, 2)).toEqual([
    ["CPU use of rank 0", "34 %"],
    ["CPU memory of rank 0", "50 %"],
  ]);
  expect(query(".kw-worker-count")!.textContent).toBe("2 workers");
});

test("the computers are named where there are several, and a slow worker is", async () => {
  const slow = { key: "Rank %1 is slow.", values: ["1"] };
  const rows = [wireWorker(0, { host: "a" }), wireWorker(1, { host: "b", slow })];
  await show(wireWorkers({ hosts: 2, rows }));
  expect(cells(1).slice(0, 3)).toEqual(["1", "b", "trainingslow"]);
  expect(query("[title='Rank 1 is slow.']")).not.toBeNull();
  expect(query("summary")!.textContent).toContain("2 computers · 52 ms a step · slowest: rank 1");
});

test("a start says for whom it waits, and draws no charts", async () => {
  const waits_for = { key: "%1 of %2 workers have joined", values: ["1", "2"] };
  const rows = [wireWorker(0, { state: "preparing" }), wireWorker(1, { state: "starting" })];
  const transport = await show(wireWorkers({ state: "starting", waits_for, rows }), {
    run: wireRun({ model_name: "", metrics: [], epochs: 0 }),
  });
  expect(query("[role=status]")!.textContent).toBe("starting");
  expect(query(".kw-counts")!.textContent).toBe("1 of 2 workers have joined");
  expect(query(".kw-placeholder")?.closest("[hidden]")).not.toBeNull();
  expect(query(".kw-toolbar")).toBeNull();
  await transport.update({}, { workers: wireWorkers(), run: wireRun() });
  expect(query("[role=status]")!.textContent).toBe("running");
  expect(query(".kw-toolbar")).not.toBeNull();
});

test("the log of a worker is read while it is shown, and sent only when it grows", async () => {
  vi.useFakeTimers();
  const transport = await show(wireWorkers());
  await act(async () => logButton(1).click());
  expect(reads(transport)).toEqual([{ rank: 1, size: 0 }]);
  const log = { rank: 1, text: "epoch 1", cut: true, size: 700 };
  await transport.answer("reply", { ok: true, message: "", log });
  expect(logOf(1)!.textContent).toBe("epoch 1");
  await act(async () => void vi.advanceTimersByTime(2000));
  expect(reads(transport)[1]).toEqual({ rank: 1, size: 700 });
  await transport.answer("reply", { ok: true, message: "" });
  expect(logOf(1)!.textContent).toBe("epoch 1");
  await act(async () => logButton(1).click());
  await act(async () => void vi.advanceTimersByTime(10_000));
  expect(logOf(1)).toBeNull();
  expect(reads(transport)).toHaveLength(2);
});

test("of many workers some are shown, and the log of each can be read", async () => {
  const transport = await show(wireWorkers({ count: 1000 }));
  expect(query("details")!.hasAttribute("open")).toBe(false);
  expect(query(".kw-workers-more")!.textContent).toContain(
    "The 2 of 1,000 workers that stand out.",
  );
  await act(async () => {
    query<HTMLDetailsElement>("details")!.open = true;
    // Its event comes later.
    await new Promise((resolve) => setTimeout(resolve));
  });
  const field = query<HTMLInputElement>(".kw-other-log input")!;
  const type = (text: string) =>
    act(async () => {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  const submit = () => query<HTMLButtonElement>(".kw-other-log button")!;
  await type("1000");
  expect(submit().disabled).toBe(true);
  await type("731");
  await act(async () => submit().click());
  expect(reads(transport)).toEqual([{ rank: 731, size: 0 }]);
});

test("a saved view has the workers without meters and logs, and the traceback of an error", async () => {
  const error = { rank: 1, traceback: "Traceback\nValueError: <b>why</b>" };
  const progress = {
    ...wireSnapshot().payload.progress,
    status: "failed",
    detail: "Rank 1 failed",
  };
  await show(wireWorkers({ state: "failed", error }), { progress }, false);
  expect(cells(1)).toEqual(["1", "training", "52 ms", "40 %"]);
  expect(query("[role=meter]")).toBeNull();
  const item = query(".kw-messages [data-level=error]")!;
  expect(item.querySelector("summary")!.textContent).toBe("Traceback of rank 1");
  expect(item.querySelector("pre")!.textContent).toBe(error.traceback);
});
