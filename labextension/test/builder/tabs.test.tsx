// @vitest-environment jsdom
/** Tests of the tabs, training, code, and saved data. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import { SavedBuilderView } from "../../src/builder/components/saved/SavedBuilderView";
import { countIssues, TAB_NAMES } from "../../src/builder/components/Tabs";
import { BUILDER_MIME_TYPE } from "../../src/builder/protocol";
import { PROTOCOL_VERSION } from "../../src/protocol";
import { INSERT_CELL, SAVE_BUNDLE } from "../../src/shared/viewEvents";
import { layer, state } from "./fixture";
import { BuilderPage } from "./page";

let page: BuilderPage | null = null;
afterEach(() => {
  page?.close();
  page = null;
  vi.restoreAllMocks();
});

test("arrow keys cycle through the tabs", async () => {
  page = await BuilderPage.open();
  const names = page.all("tab").map((tab) => tab.getAttribute("aria-label"));
  expect(names).toEqual(["Layers", "Compile", "Fit", "Code"]);
  await page.key(page.get("tab", "Layers"), "ArrowLeft");
  expect(document.activeElement).toBe(page.get("tab", "Code"));
  expect(page.get("tab", "Code").getAttribute("aria-selected")).toBe("true");
  expect(page.get("tabpanel").getAttribute("aria-labelledby")).toBe(page.get("tab", "Code").id);
});

test("a tab counts issues: an error and the advice about it are one", () => {
  const advice = (target: string, level: "error" | "warning" | "tip" = "warning") => ({
    id: `${target}-${level}`,
    level,
    title: "",
    text: "",
    target,
    fix: null,
  });
  const given = state({
    layers: { a: layer("a", { status: "error" }), b: layer("b") },
    advice: [advice("a"), advice("b"), advice("b", "tip"), advice("compile"), advice("fit")],
    fit: { arguments: {}, errors: { x: "gone" } },
  });
  const counts = TAB_NAMES.map((name) => countIssues(given, name));
  expect(counts).toEqual([2, 1, 2, 0]);
});

test("Train shows why it is disabled, and its result", async () => {
  page = await BuilderPage.open({
    run: { status: "idle", detail: "", live: null, blocked: "Choose x first." },
  });
  await page.click(page.get("tab", "Fit"));
  expect(page.kernel.of("refresh")).toHaveLength(1);
  const train = page.get<HTMLButtonElement>("button", "Train");
  expect(train.disabled).toBe(true);
  const reason = document.getElementById(train.getAttribute("aria-describedby")!)!;
  expect(reason.textContent).toBe("Choose x first.");
  await page.settle(() =>
    page!.kernel.update({ run: { status: "idle", detail: "", live: null, blocked: "" } }),
  );
  page.kernel.automatic = false;
  await page.click(train);
  const sent = page.kernel.sent.at(-1)!;
  expect(sent.kind).toBe("train");
  await page.settle(() => page!.kernel.answer(sent, { ok: false, message: "x is gone." }));
  expect(page.all("alert").map((each) => each.textContent)).toContain("x is gone.");
});

test("no training starts while a refused setting is shown", async () => {
  page = await BuilderPage.open();
  await page.click(page.get("tab", "Fit"));
  page.kernel.refusal = "epochs must be at least 1.";
  const epochs = page.get<HTMLInputElement>("textbox", "epochs");
  await page.type(epochs, "-3");
  await page.settle(() => epochs.blur());
  await page.click(page.get("button", "Train"));
  expect(page.kernel.of("train")).toEqual([]);
  expect(document.activeElement).toBe(epochs);
  expect(
    page
      .all("alert")
      .map((each) => each.textContent)
      .join(),
  ).toContain("is invalid");
});

test("trained weights can be reset", async () => {
  page = await BuilderPage.open({ layers: { a: layer("a") }, order: ["a"] });
  await page.click(page.get("tab", "Fit"));
  expect(page.all("button", "Reset weights")).toEqual([]);
  await page.settle(() => page!.kernel.update({ layers: { a: layer("a", { trained: true }) } }));
  await page.click(page.get("button", "Reset weights"));
  expect(page.kernel.of("reset")).toHaveLength(1);
});

test("the code can be copied, and inserted where a host handles it", async () => {
  page = await BuilderPage.open();
  const copied: string[] = [];
  vi.stubGlobal("navigator", {
    clipboard: { writeText: async (text: string) => void copied.push(text) },
  });
  const inserted: (string | null)[] = [];
  const insert = (event: Event) => {
    event.preventDefault();
    inserted.push((event as CustomEvent<{ source: string | null }>).detail.source);
  };
  await page.click(page.get("tab", "Code"));
  expect(page.all("button", "Insert below")).toEqual([]);
  await page.click(page.get("tab", "Layers"));
  document.addEventListener(INSERT_CELL, insert);
  await page.click(page.get("tab", "Code"));
  const { source } = page.kernel.state.code;
  expect(page.get("region", "Code").querySelector("pre")!.textContent).toBe(source);
  await page.click(page.get("button", "Copy"));
  expect(copied).toEqual([source]);
  expect(page.get("button", "Copied")).toBeTruthy();
  await page.click(page.get("button", "Insert below"));
  document.removeEventListener(INSERT_CELL, insert);
  expect(inserted).toEqual([null, source]);
});

/** The saved data, as far as the page reads them. */
const SAVED = {
  title: "digits",
  columns: ["Layer", "Output"],
  rows: [["Dense", "(None, 10)"]],
  omittedRows: 0,
  totals: "7,850 parameters",
  code: "import keras\n",
  restore: "builder",
  run: null,
};

const take = (taken: unknown[]) => (event: Event) => {
  event.preventDefault();
  taken.push((event as CustomEvent).detail);
};

test("a second after an edit the page receives the data to save, where it can save them", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    page = await BuilderPage.open();
    const saved: unknown[] = [];
    const change = (name: string) => act(() => page!.kernel.update({ name }));
    await change("one");
    await vi.advanceTimersByTimeAsync(1500);
    expect(page.kernel.of("bundle")).toEqual([]);
    page.root.addEventListener(SAVE_BUNDLE, take(saved));
    page.kernel.automatic = false;
    await change("two");
    await vi.advanceTimersByTimeAsync(900);
    await change("three");
    await vi.advanceTimersByTimeAsync(1100);
    expect(page.kernel.of("bundle")).toHaveLength(1);
    const bundle = { [BUILDER_MIME_TYPE]: { v: PROTOCOL_VERSION, ...SAVED } };
    page.kernel.answer(page.kernel.sent.at(-1)!, { ok: true, result: bundle });
    await vi.advanceTimersByTimeAsync(0);
    expect(saved).toEqual([null, bundle]);
  } finally {
    vi.useRealTimers();
  }
});

test("while a model trains, its curves are saved regularly", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  try {
    page = await BuilderPage.open();
    page.root.addEventListener(SAVE_BUNDLE, take([]));
    page.kernel.automatic = false;
    const run = (status: string) =>
      act(() => page!.kernel.update({ run: { status, detail: "", live: null, blocked: "" } }));
    const asked = () => page!.kernel.of("bundle").length;
    await run("running");
    await vi.advanceTimersByTimeAsync(2000);
    const before = asked();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(before + 2);
    await run("finished");
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked()).toBe(before + 3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(before + 3);
  } finally {
    vi.useRealTimers();
  }
});

test("after the kernel is gone the builder can be restored in a cell", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const inserted: unknown[] = [];
  const insert = take(inserted);
  document.addEventListener(INSERT_CELL, insert);
  try {
    page = await BuilderPage.open();
    page.root.addEventListener(SAVE_BUNDLE, take([]));
    page.kernel.automatic = false;
    await vi.advanceTimersByTimeAsync(1100);
    const result = { [BUILDER_MIME_TYPE]: { v: PROTOCOL_VERSION, ...SAVED } };
    await act(() => page!.kernel.answer(page!.kernel.sent.at(-1)!, { ok: true, result }));
    vi.useRealTimers();
    await page.settle(() => page!.kernel.lose());
    await page.click(page.get("button", "Restore in a cell below"));
    expect(inserted.at(-1)).toEqual({ source: "builder" });
  } finally {
    document.removeEventListener(INSERT_CELL, insert);
    vi.useRealTimers();
  }
});

const never = () => new Promise<never>(() => {});

test("the saved table is shown without a kernel", () => {
  const root = document.createElement("div");
  render(<SavedBuilderView saved={{ ...SAVED, omittedRows: 5 }} loadPlotly={never} />, root);
  expect(root.querySelector("section")!.getAttribute("aria-label")).toBe("digits");
  const cells = [...root.querySelectorAll("tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
  expect(cells).toEqual([
    ["Layer", "Output"],
    ["Dense", "(None, 10)"],
    ["5 more layers are not shown."],
  ]);
  expect(root.querySelector("details")!.textContent).toBe("Codeimport keras\n");
  render(null, root);
});
