// @vitest-environment jsdom
/** Tests of the live view, by role and name; layout is tested in a browser. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FitLine } from "../../src/live/components/FitLine";
import { LiveView } from "../../src/live/components/LiveView";
import { encodeSnapshot } from "../../src/live/encodeSnapshot";
import { parseMessage } from "../../src/live/parse";
import { RunSession } from "../../src/live/session";
import { RunStore } from "../../src/live/store";
import type { Plotly } from "../../src/shared/plotly";
import { setMessages } from "../../src/shared/translation";
import { FakeTransport } from "./fakeTransport";
import { wireMetric, wireProgress, wireRun, wireSnapshot, wireTable } from "./messages";

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

const never = () => new Promise<Plotly>(() => {});

async function show(
  first: unknown = wireSnapshot(),
  { interactive = true, loadPlotly = never } = {},
): Promise<FakeTransport> {
  const transport = new FakeTransport(interactive, first);
  const session = new RunSession(transport, new AbortController().signal);
  await act(async () => render(<LiveView session={session} loadPlotly={loadPlotly} />, root));
  return transport;
}

function one<T extends HTMLElement>(selector: string): T {
  const found = root.querySelectorAll<T>(selector);
  if (found.length !== 1) throw new Error(`${found.length} elements match ${selector}`);
  return found[0]!;
}

function button(name: string): HTMLButtonElement | undefined {
  return [...root.querySelectorAll("button")].find(
    (each) => (each.getAttribute("aria-label") ?? each.textContent) === name,
  );
}

/** Return a store with a message of the kernel applied. */
function storeOf(message: unknown): RunStore {
  const store = new RunStore(() => {});
  store.receive(parseMessage(message));
  return store;
}

const FINISHED = { status: "finished" };

const click = (name: string) => act(async () => button(name)!.click());
const status = () => one("[role=status]").textContent;
const rate = () => one<HTMLInputElement>("[role=spinbutton][aria-label='Learning rate']");

async function type(text: string, key = "Enter"): Promise<void> {
  await act(async () => {
    rate().focus();
    rate().value = text;
    rate().dispatchEvent(new Event("input", { bubbles: true }));
  });
  await press(key);
}

async function press(key: string): Promise<void> {
  await act(async () => {
    rate().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  });
}

test("the view is shown before Plotly loads: status, progress, controls, a figure a metric", async () => {
  await show();
  expect(one("section").getAttribute("aria-label")).toBe("Live training");
  expect(status()).toBe("running");
  expect(one("[role=progressbar]").getAttribute("aria-label")).toBe("Training progress");
  expect(one(".kw-facts").textContent).toBe(
    "Optimizer: Adam · Backend: tensorflow · Device: CPU (2 cores)",
  );
  expect(one("[role=progressbar]").getAttribute("aria-valuenow")).toBe("2");
  const figure = one("figure");
  expect(figure.getAttribute("aria-label")).toBe("loss");
  const summary = root.querySelector(`#${figure.getAttribute("aria-describedby")}`);
  expect(summary?.textContent).toContain("Training 1.500.");
  expect(root.textContent).toContain("epoch 1 of 3");
  expect(root.textContent).toContain("batch 2 of 4");
});

test("without a total the progressbar has no value", async () => {
  await show(wireSnapshot({ progress: wireProgress({ total_steps: null, batches: null }) }));
  expect(one("[role=progressbar]").hasAttribute("aria-valuenow")).toBe(false);
  expect(one("[role=progressbar]").getAttribute("aria-valuetext")).toBe("step 2");
});

test("a loop that does not say how many epochs it has shows the running one alone", async () => {
  const progress = wireProgress({ total_steps: null, epoch: 2 });
  await show(wireSnapshot({ run: wireRun({ epochs: 0 }), progress }));
  expect(root.textContent).toContain("epoch 2");
  expect(root.textContent).not.toMatch(/epoch 2 of/);
});

test("phases have labels of their own", async () => {
  const transport = await show(wireSnapshot({ progress: wireProgress({ phase: "starting" }) }));
  expect(root.textContent).toContain("preparing the first batch");
  await transport.update({ phase: "validating" });
  expect(root.textContent).toContain("validating");
});

test("one button pauses and resumes; the pending command shows at once", async () => {
  const transport = await show();
  await click("Pause");
  expect(transport.sent.map(({ kind }) => kind)).toEqual(["pause"]);
  expect(button("Pause")?.getAttribute("aria-busy")).toBe("true");
  expect(root.textContent).toContain("Pausing after this batch…");
  await click("Pause");
  expect(transport.sent).toHaveLength(1);
  await transport.update({ status: "paused" });
  expect(root.textContent).not.toContain("Pausing");
  await click("Resume");
  expect(transport.sent.at(-1)?.kind).toBe("resume");
});

test("a refused command shows the reason", async () => {
  const transport = await show();
  await click("Stop");
  expect(root.textContent).toContain("Stopping after this batch…");
  await transport.answer("reply", { ok: false, message: "Not now." });
  expect(one(".kw-notes").textContent).toContain("Not now.");
  expect(button("Stop")?.getAttribute("aria-busy")).toBe("false");
});

test("while a kernel does not answer, a hint says when it will", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const transport = await show();
  await click("Stop");
  expect(root.textContent).not.toContain("has not answered yet");
  await act(async () => void vi.advanceTimersByTime(2100));
  expect(root.textContent).toContain("The kernel has not answered yet. It may be compiling");
  await transport.answer("acknowledge", {});
  expect(root.textContent).not.toContain("has not answered yet");
});

test("where commands wait for the cell's end, a hint says so from the start", async () => {
  await show(wireSnapshot({ run: wireRun({ controls: "after_cell" }) }));
  expect(one(".kw-notes").textContent).toContain("when the cell ends");
});

test.each(["finished", "stopped", "interrupted", "failed"])(
  "after the end (%s) the buttons are gone and the status stays",
  async (ending) => {
    const transport = await show();
    await transport.update({ status: ending, detail: "ValueError: <b>bad</b> shape" });
    expect(status()).toBe(ending);
    for (const name of ["Pause", "Resume", "Stop"]) expect(button(name)).toBeUndefined();
    expect(root.querySelector("[role=spinbutton]")).toBe(null);
    expect(root.textContent).toContain("ValueError: <b>bad</b> shape");
  },
);

test("drawn from saved data there are no buttons, even if the run had not ended", async () => {
  await show(wireSnapshot(), { interactive: false });
  expect(button("Stop")).toBeUndefined();
  expect(status()).toBe("running");
});

test("a lost kernel: no buttons, and what became of the training", async () => {
  const transport = await show();
  await transport.lose("connection");
  expect(status()).toBe("not connected");
  expect(button("Stop")).toBeUndefined();
  expect(root.textContent).toContain("training continues");
  await transport.update({});
  expect(status()).toBe("running");
  expect(button("Stop")).toBeDefined();
  await transport.update({ can_checkpoint: true });
  await transport.lose("kernel");
  expect(status()).toBe("kernel gone");
  expect(root.textContent).toContain("kw.runs() shows what was recorded");
  // A new kernel, to which the page connects, is not that one.
  await transport.lose("connection");
  expect(status()).toBe("kernel gone");
});

test("a checkpoint that waits for the next batch is announced while paused", async () => {
  const transport = await show();
  await transport.update({ can_checkpoint: true, status: "paused" });
  await click("Checkpoint");
  await transport.answer("reply", { ok: true, message: "Before the next batch." });
  expect(one(".kw-notes").textContent).toContain("Before the next batch.");
  await transport.update({ status: "running" });
  expect(root.textContent).not.toContain("Before the next batch.");
});

test("a learning rate is applied once, on Enter", async () => {
  const transport = await show();
  expect(rate().value).toBe("0.001");
  await type("0.02");
  await act(async () => void rate().dispatchEvent(new Event("change", { bubbles: true })));
  expect(transport.sent.map(({ kind, payload }) => [kind, payload])).toEqual([
    ["set_learning_rate", { value: 0.02 }],
  ]);
  await transport.answer("reply", { ok: true, message: "" });
  expect(rate().value).toBe("0.02");
  await transport.update({ learning_rate: Math.fround(0.02) });
  expect(rate().getAttribute("aria-valuenow")).toBe("0.02");
});

test.each(["abc", "0", "-1", ""])("the learning rate “%s” is refused in place", async (text) => {
  const transport = await show();
  await type(text);
  expect(transport.sent).toEqual([]);
  expect(rate().getAttribute("aria-invalid")).toBe("true");
  expect(rate().getAttribute("aria-valuenow")).toBe("0.001");
  const described = rate().getAttribute("aria-describedby")!.split(" ");
  const reason = described.map((id) => root.querySelector(`#${id}`)?.textContent).join("");
  expect(reason).toBe("Enter a number above 0, such as 0.001.");
  await press("Escape");
  expect(rate().value).toBe("0.001");
  expect(rate().getAttribute("aria-invalid")).toBe("false");
});

test("while the user types, updates do not change the field", async () => {
  const transport = await show();
  await type("0.0", "5");
  await transport.update({ learning_rate: 0.5 });
  expect(rate().value).toBe("0.0");
  expect(rate().getAttribute("aria-valuenow")).toBe("0.5");
});

test("after a new learning rate a button goes back to the former one", async () => {
  const transport = await show();
  await type("1e9");
  expect(button("Back to 0.001")).toBeUndefined();
  await transport.answer("reply", { ok: true, message: "" });
  await transport.update({ learning_rate: 1e9 });
  await click("Back to 0.001");
  expect(document.activeElement).toBe(rate());
  expect(transport.sent.at(-1)).toMatchObject({ payload: { value: 0.001 } });
  await transport.answer("reply", { ok: true, message: "" });
  await transport.update({ learning_rate: Math.fround(0.001) });
  expect(button("Back to 0.001")).toBeUndefined();
  expect(rate().value).toBe("0.001");
});

test("the focus stays in the view when the fit ends, and at the controls of the next fit", async () => {
  const transport = await show();
  await act(async () => button("Stop")!.focus());
  await transport.receive(wireSnapshot({ sequence: 9, run: wireRun({ fit: 2 }) }));
  expect(document.activeElement).toBe(button("Pause"));
  await transport.receive(wireSnapshot({ sequence: 10, progress: wireProgress(FINISHED) }));
  expect(document.activeElement).toBe(one<HTMLElement>("input:checked"));
});

test("arrow keys step along 1, 2, 5 and Enter applies", async () => {
  const transport = await show();
  await act(async () => rate().focus());
  await press("ArrowUp");
  await press("ArrowUp");
  expect(rate().value).toBe("0.005");
  expect(transport.sent).toEqual([]);
  await press("Enter");
  expect(transport.sent.at(-1)?.payload).toEqual({ value: 0.005 });
});

test("a refusal by the kernel shows at the field, and the old value stays", async () => {
  const transport = await show();
  await type("7");
  await transport.answer("reply", { ok: false, message: "too large" });
  await act(async () => rate().blur());
  expect(rate().value).toBe("0.001");
  expect(rate().getAttribute("aria-invalid")).toBe("true");
  expect(root.textContent).toContain("too large");
});

test("under a schedule the rate can be set, and returned to the schedule", async () => {
  const schedule = { learning_rate_schedule: "CosineDecay" };
  const transport = await show(wireSnapshot({ progress: wireProgress(schedule) }));
  expect(root.textContent).toContain("set by CosineDecay");
  expect(button("Follow schedule")).toBeUndefined();
  await transport.update({ ...schedule, learning_rate_held: true });
  expect(root.textContent).toContain("overrides CosineDecay");
  await click("Follow schedule");
  expect(transport.sent.at(-1)?.kind).toBe("follow_schedule");
});

test("of several optimizers one is chosen, whose learning rate is shown and set", async () => {
  const run = wireRun({ optimizers: ["generator", "critic"] });
  const progress = wireProgress({ chosen_optimizer: "generator", learning_rate: 0.1 });
  const transport = await show(wireSnapshot({ run, progress }));
  const select = one<HTMLSelectElement>("select");
  expect([select.labels![0]!.textContent, select.value]).toEqual([
    "Optimizergeneratorcritic",
    "generator",
  ]);
  const choose = (name: string) =>
    act(async () => {
      select.value = name;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
  await choose("critic");
  expect(transport.sent.at(-1)).toMatchObject({
    kind: "choose_optimizer",
    payload: { name: "critic" },
  });
  await transport.update({ chosen_optimizer: "generator", learning_rate: 0.1 });
  expect(select.value, "until the kernel has done it").toBe("critic");
  await transport.answer("reply", { ok: true, message: "" });
  await transport.update({ chosen_optimizer: "critic", learning_rate: 0.4 });
  expect([select.value, rate().value]).toEqual(["critic", "0.4"]);
  await choose("generator");
  await transport.answer("reply", { ok: false, message: "Too late." });
  await act(async () => {});
  expect(select.value).toBe("critic");
  expect(root.textContent).toContain("Too late.");
  await transport.update({ ...FINISHED, chosen_optimizer: "critic", learning_rate: 0.4 });
  expect(root.textContent).toContain("Learning rate of critic at the end: 0.4");
});

test("of many metrics the first are shown, and any can be chosen", async () => {
  const names = Array.from({ length: 20 }, (_, i) => (i < 10 ? `a_${i}` : `b_${i}`));
  const metrics = names.map((name) => wireMetric(name, { group: name[0] }));
  await show(wireSnapshot({ run: wireRun({ metrics }) }));
  const charts = () =>
    [...root.querySelectorAll("figure")].map((chart) => chart.getAttribute("aria-label"));
  expect(charts()).toEqual(names.slice(0, 6));
  await click("b_12");
  await click("a_0");
  expect(charts()).toEqual([...names.slice(1, 6), "b_12"]);
  await click("Show all 20");
  expect(charts()).toEqual(names);
});

test("marks are listed with what happened and where", async () => {
  const text = { key: "%1: learning rate %2 → %3", values: ["Plateau", "0.01", "0.001"] };
  const mark = { kind: "callback", text, step: 1200, epoch: 2.5, seconds: 4 };
  await show(wireSnapshot({ marks: [mark, { ...mark, step: 1201, epoch: 3 }] }));
  const list = one('[aria-label="Marks"]');
  expect(list.textContent).toContain("Plateau: learning rate 0.01 → 0.001");
  // In the third epoch, and at its end.
  expect(list.textContent).toContain("epoch 3, step 1,200");
  expect(list.textContent).toContain("epoch 3, step 1,201");
  const numbers = () => [...list.querySelectorAll("b")].map(({ textContent }) => textContent);
  expect(numbers()).toEqual(["2", "1"]);
  await click("All 2 marks");
  expect(numbers(), "one order for the line and the list").toEqual(["2", "1"]);
});

test("marks are in the language of the page, whatever the kernel's was", async () => {
  const weights = "%1 Weights of epoch %2 restored.";
  setMessages({ "": { language: "zh-CN" }, Stop: ["停止"], [weights]: ["%1 已恢复第 %2 轮。"] });
  try {
    const text = { key: weights, values: [{ key: "Stop", values: [] }, "2"] };
    const mark = { kind: "user", text, step: 1, epoch: 0.5, seconds: 4 };
    await show(wireSnapshot({ marks: [mark] }));
    expect(one("ol").textContent).toContain("停止 已恢复第 2 轮。");
  } finally {
    setMessages(null);
  }
});

test("a loss that became NaN is a word beside the status, also after the end", async () => {
  const transport = await show(wireSnapshot({ progress: wireProgress({ diverged: true }) }));
  expect(status()).toBe("running, diverged");
  await transport.update({ ...FINISHED, diverged: true });
  expect(status()).toBe("finished, diverged");
});

test("epochs are counted with those of earlier fits; Keras's number is beside it", async () => {
  const run = wireRun({ epochs: 60, epochs_before: 61 });
  await show(wireSnapshot({ run, progress: wireProgress({ epoch: 14 }) }));
  expect(one(".kw-counts").textContent).toContain("epoch 75 of 121 (Keras: 14 of 60)");
});

/** A finished fit of a view, with one epoch. */
function earlierFit(fit: number, name: string, loss: number) {
  const columns = { step: [4], epoch: [1], seconds: [1], "training/loss": [loss] };
  const first = wireSnapshot({
    run: wireRun({ fit, model_name: name }),
    progress: wireProgress(FINISHED),
    epoch: wireTable(columns),
    best: { loss: { split: "training", epoch: 1, step: 4, seconds: 1, value: loss } },
  });
  return { summary: "", snapshot: encodeSnapshot(storeOf(first))?.payload };
}

const fitRows = () =>
  [...one('table[aria-label="Fits"] tbody').querySelectorAll("tr")].map((row) =>
    [...row.children].slice(1, 5).map((cell) => cell.textContent),
  );

const LOOP = {
  run: wireRun({ fit: 3, model_name: "gru" }),
  earlier: [earlierFit(1, "lstm", 0.5), earlierFit(2, "cnn", 0.25)],
};

test("the fits of a view are a table with the running one, in which one is shown", async () => {
  await show(wireSnapshot(LOOP));
  expect(fitRows()).toEqual([
    ["3", "grurunning", "0 of 3", "–"],
    ["2", "cnn", "1 of 3", "0.2500"],
    ["1", "lstm", "1 of 3", "0.5000"],
  ]);
  expect(status()).toBe("running");
  await click("lstm");
  expect(status()).toBe("finished");
  expect(one(".kw-model").textContent).toBe("lstm");
  expect(button("Stop")).toBeUndefined();
  await click("gru");
  expect(button("Stop")).toBeDefined();
});

test("the curve that a rewound fit has left is in the legend, and can be hidden", async () => {
  const left = () => button("earlier run");
  await show(wireSnapshot(LOOP));
  expect(left()).toBeUndefined();
  const run = wireRun({ fit: 3, branch_of: 2 });
  await show(wireSnapshot({ ...LOOP, run }));
  expect(left()?.getAttribute("aria-pressed")).toBe("true");
  await click("earlier run");
  expect(left()?.getAttribute("aria-pressed")).toBe("false");
});

test("the table of fits is sorted by a click, those without a value last", async () => {
  await show(wireSnapshot(LOOP));
  const order = () => fitRows().map(([fit]) => fit);
  await click("best loss");
  expect(order()).toEqual(["2", "1", "3"]);
  const header = button("best loss")!.closest("th")!;
  expect(header.getAttribute("aria-sort")).toBe("ascending");
  await click("best loss");
  expect(order()).toEqual(["1", "2", "3"]);
  await click("name");
  expect(order()).toEqual(["2", "3", "1"]);
});

test("fits with a check are drawn over the one that is shown", async () => {
  await show(wireSnapshot(LOOP));
  const values = () => one(".kw-chart-values").textContent;
  expect(values()).not.toContain("cnn");
  const check = (name: string) => one(`input[aria-label="${name}"]`) as HTMLInputElement;
  expect(check("Draw fit 3").disabled).toBe(true);
  await act(async () => check("Draw fit 2").click());
  expect(values()).toContain("2 cnn0.2500");
  await act(async () => check("Draw all fits").click());
  expect(values()).toContain("1 lstm0.5000");
  await act(async () => check("Draw all fits").click());
  expect(values()).not.toContain("cnn");
});

test("values stand beside their names", async () => {
  const transport = await show();
  const columns = { step: [4], epoch: [1], seconds: [1], "training/loss": [0.75] };
  const best = { split: "validation", epoch: 1, step: 4, seconds: 1, value: 0.5 };
  const epoch = wireTable({ ...columns, "validation/loss": [0.5] });
  await transport.update({}, { epoch, best: { loss: best } });
  const values = [...one(".kw-chart-values").children].map(({ textContent }) => textContent);
  expect(values).toEqual([
    "batches1.500",
    "training0.7500",
    "validation0.5000",
    "best0.5000epoch 1",
  ]);
});

test("a click in the legend hides a curve, also for the next fit of the page", async () => {
  await show();
  const item = () => button("batches: each one")!;
  expect(item().getAttribute("aria-pressed")).toBe("true");
  await click("batches: each one");
  await click("Log scale");
  expect(item().getAttribute("aria-pressed")).toBe("false");
  render(null, root);
  await show(wireSnapshot({ run: wireRun({ run_id: "next" }) }));
  expect(item().getAttribute("aria-pressed")).toBe("false");
  expect(button("Log scale")?.getAttribute("aria-pressed")).toBe("true");
  render(null, root);
  const options = { x_axis: "time", smoothing: 0, log_scale: false };
  await show(wireSnapshot({ run: wireRun({ run_id: "by code", options }) }));
  const axis = one('input[value="time"]') as HTMLInputElement;
  expect(axis.checked).toBe(true);
});

test("one chart can be made large", async () => {
  await show();
  const height = () => one("figure").style.height;
  const before = height();
  await click("Make loss larger");
  expect(Number.parseInt(height(), 10)).toBeGreaterThan(1.5 * Number.parseInt(before, 10));
  await click("Make loss smaller");
  expect(height()).toBe(before);
  await click("Make loss larger");
  const event = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true });
  await act(async () => void one("[aria-label=Smoothing]").dispatchEvent(event));
  expect(height()).toBe(before);
  expect(document.activeElement).toBe(button("Make loss larger"));
  expect(event.defaultPrevented, "JupyterLab does not leave the cell").toBe(true);
});

test("devices show their use", async () => {
  const gpu = { kind: "gpu", name: "NVIDIA <b>A100</b>", use: 0.83 };
  const devices = [{ ...gpu, memory_used_bytes: 12.1e9, memory_total_bytes: 40e9 }];
  await show(wireSnapshot({ progress: wireProgress({ devices }) }));
  const item = one('[aria-label="Devices"] li');
  expect(item.textContent).toBe("Device: NVIDIA <b>A100</b>83 %12.1 GB of 40.0 GB");
  expect(one('[role="meter"]').getAttribute("aria-valuenow")).toBe("83");
});

test("screen readers get an announcement at most once in ten seconds, and the last state", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const transport = await show();
  const said = () => one('[aria-live="polite"][aria-atomic]').textContent;
  const first = said();
  await transport.update({ status: "paused" });
  await transport.update({ epoch: 2 });
  expect(said()).toBe(first);
  await act(async () => void vi.advanceTimersByTime(10_001));
  expect(said()).toBe("Training running, epoch 2");
  vi.useRealTimers();
});

test("the table has the numbers of the epochs", async () => {
  const transport = await show();
  expect(root.querySelector("table")).toBe(null);
  await click("Table");
  expect(button("Table")?.getAttribute("aria-pressed")).toBe("true");
  expect(one("table").getAttribute("aria-label")).toBe("Metrics");
  await transport.update(
    {},
    {
      epoch: wireTable({
        step: [4, 8],
        epoch: [1, 2],
        seconds: [1, 2],
        "training/loss": [0.75, NaN],
        "validation/loss": [0.5, 0.25],
      }),
    },
  );
  const rows = [...one("table").querySelectorAll("tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
  expect(rows).toEqual([
    ["epoch", "loss", "val_loss"],
    ["2", "NaN", "0.2500"],
    ["1", "0.7500", "0.5000"],
  ]);
});

test("the line of a fit counts epochs as its view does", async () => {
  const lineOf = async (run: Record<string, unknown>) => {
    const first = wireSnapshot({ run: wireRun(run), progress: wireProgress({ epoch: 2 }) });
    const session = new RunSession(new FakeTransport(true, first), new AbortController().signal);
    await act(async () =>
      render(<FitLine session={session} name="digits" loadPlotly={never} />, root),
    );
    const text = root.querySelector(".kw-fit-text")?.textContent;
    render(null, root);
    return text;
  };
  expect(await lineOf({ epochs: 3 })).toMatch(/^digits epoch 2 of 3/);
  expect(await lineOf({ epochs: 3, epochs_before: 10 })).toMatch(/^digits epoch 12 of 13/);
  // A loop of the user's own may not say how many.
  expect(await lineOf({ epochs: 0 })).toMatch(/^digits epoch 2($| ·)/);
});

test("names are text, never markup", async () => {
  const name = "<img src=x>";
  await show(
    wireSnapshot({
      run: wireRun({ metrics: [{ name, kind: "mean", direction: null, group: null }] }),
    }),
  );
  expect(root.querySelector("img")).toBe(null);
  expect(one(".kw-chart-name").textContent).toBe(name);
});

test("when Plotly cannot be loaded, the table replaces the charts", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  await show(wireSnapshot(), { loadPlotly: () => Promise.reject(new Error("offline")) });
  expect(root.textContent).toContain("Cannot load the charts");
  expect(one("table")).toBeDefined();
  log.mockRestore();
});

test("before the first message of the kernel", async () => {
  const transport = await show(null);
  expect(root.textContent).toContain("Waiting for the kernel");
  await transport.receive(wireSnapshot());
  expect(status()).toBe("running");
});
