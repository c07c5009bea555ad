// @vitest-environment jsdom
/** Tests of the export panel, by role and name; layout is tested in a browser. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ExportView } from "../../src/formats/components/ExportView";
import { verdictOf } from "../../src/formats/labels";
import { ExportStore, INTERVAL_MS } from "../../src/formats/store";
import { INSERT_CELL, type InsertCell } from "../../src/shared/viewEvents";
import { exportRow, exportState, FakeExports, targetList, text } from "./fakeExports";

let place: HTMLElement;
let lifetime: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  place = document.createElement("div");
  document.body.append(place);
  lifetime = new AbortController();
});

afterEach(() => {
  render(null, place);
  lifetime.abort();
  place.remove();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function show(source: FakeExports | null): Promise<ExportStore> {
  const store = new ExportStore(source, "k-1", "net");
  await act(async () => {
    render(<ExportView store={store} />, place);
    store.follow(() => true, lifetime.signal);
  });
  await settle();
  return store;
}

async function settle(milliseconds = 0): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(milliseconds);
  });
}

function named<T extends HTMLElement>(selector: string, name: string): T {
  const found = [...place.querySelectorAll<HTMLElement>(selector)].find(
    (element) => (element.getAttribute("aria-label") ?? element.textContent?.trim()) === name,
  );
  if (!found) throw new Error(`no ${selector} “${name}” in ${place.textContent}`);
  return found as T;
}

async function click(name: string, selector = "button"): Promise<void> {
  await act(async () => named(selector, name).click());
  await settle();
}

function field<T extends HTMLElement>(label: string): T {
  const { htmlFor } = named<HTMLLabelElement>("label", label);
  return document.getElementById(htmlFor) as T;
}

async function choose(label: string, value: string): Promise<void> {
  const select = field<HTMLSelectElement>(label);
  await act(async () => {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

const check = (name: string) =>
  act(async () => named("label", name).querySelector("input")?.click());

test("what is chosen is sent, and the table grows with the answers", async () => {
  let answer = exportState([exportRow("keras", { status: "converting", path: null })], {
    step: text("Converting to Keras…"),
  });
  const source = new FakeExports({
    export_targets: () => targetList(),
    start_export: () => answer,
    export_state: () => answer,
  });
  await show(source);
  expect(named("section", "Export model")).toBeTruthy();
  expect(place.textContent).toContain("Nothing has been exported yet");
  // Its package is missing: the line that installs it is there, and no checkbox.
  expect(place.textContent).toContain("pip install onnx");
  await check("INT8");
  await choose("Samples to compare", "x_train");
  await choose("Calibration of 8-bit integers", "x_train");
  await click("Export 2 formats");
  expect(source.of("start_export")).toEqual([
    {
      model: "k-1",
      targets: ["keras", "int8"],
      folder: "",
      samples: "x_train",
      validation: ["x_test", "y_test"],
      calibration: "x_train",
      latency: true,
    },
  ]);
  expect(named("[role=progressbar]", "Export progress").getAttribute("aria-valuenow")).toBe("0");
  expect(place.querySelector("[role=status]")?.textContent).toBe("Converting to Keras…");
  answer = exportState([exportRow("keras")], { revision: 2, state: "done" });
  await settle(INTERVAL_MS);
  expect(source.of("export_state")).toEqual([{ job: "export-1", since: 1 }]);
  expect(named("table", "Exports").textContent).toContain("✓ Identical");
  // It has ended: nothing is asked any more.
  await settle(5 * INTERVAL_MS);
  expect(source.of("export_state")).toHaveLength(1);
});

test("targets of other samples are not offered, and inputs without targets give no metric", async () => {
  const source = new FakeExports({
    export_targets: () => targetList(),
    start_export: () => exportState([]),
  });
  await show(source);
  const options = () =>
    [...field<HTMLSelectElement>("Validation targets").options].map(({ value }) => value);
  expect(options()).toEqual(["", "y_test"]);
  await choose("Validation inputs", "x_train");
  expect(options()).toEqual(["", "y_train"]);
  await choose("Samples to compare", "");
  await click("Export");
  expect(source.of("start_export")).toMatchObject([{ samples: "", validation: [] }]);
});

test("a running export is found again, and can be stopped", async () => {
  const rows = [exportRow("keras"), exportRow("int8", { status: "checking" })];
  const source = new FakeExports({
    export_targets: () => targetList({ job: "export-1" }),
    export_state: () => exportState(rows),
    stop_export: () =>
      exportState([exportRow("keras"), exportRow("int8", { status: "stopped" })], {
        state: "stopped",
        revision: 2,
      }),
  });
  await show(source);
  expect(place.textContent).toContain("Comparing");
  await click("Stop");
  expect(source.of("stop_export")).toEqual([{ job: "export-1" }]);
  expect(place.textContent).toContain("Stopped. Files that were finished stay.");
  // The formats of that export are chosen again.
  expect(named("button", "Export 2 formats")).toBeTruthy();
});

test("problems are text, each at its place", async () => {
  const source = new FakeExports({
    export_targets: () => targetList({ job: "export-1" }),
    export_state: () =>
      exportState(
        [
          exportRow("keras", { lost: [text("The optimizer.")], title: "<i>Keras</i>" }),
          exportRow("onnx", { status: "missing", path: null, install: "pip install onnx" }),
          exportRow("int8", {
            status: "failed",
            path: null,
            problem: text("<b>no</b> such operation"),
          }),
        ],
        { state: "done" },
      ),
    start_export: () => {
      throw new Error("“net” is being trained.");
    },
  });
  await show(source);
  const table = named("table", "Exports");
  expect(table.querySelector("[data-target=keras]")?.textContent).toContain("<i>Keras</i>");
  expect(table.textContent).toContain("Not in the file: The optimizer.");
  expect(table.querySelector("[data-target=onnx]")?.textContent).toContain("– Not installed");
  expect(table.querySelector("[data-target=int8]")?.textContent).toContain("<b>no</b>");
  expect(table.querySelector("i, b")).toBeNull();
  await click("Export 2 formats");
  expect(place.querySelector("[role=alert]")?.textContent).toBe("“net” is being trained.");
  expect(named<HTMLButtonElement>("button", "Export 2 formats").disabled).toBe(false);
});

test("a row opens the code and the server of its file", async () => {
  const inserted: unknown[] = [];
  place.addEventListener(INSERT_CELL, (event) => {
    event.preventDefault();
    const { source } = (event as CustomEvent<InsertCell>).detail;
    if (source !== null) inserted.push(source);
  });
  const source = new FakeExports({
    export_targets: () => targetList({ job: "export-1" }),
    export_state: () => exportState([exportRow("keras")], { state: "done" }),
    export_code: () => ({ code: "model.save('net.keras')", run_code: "" }),
    write_server: () => ({ folder: "/srv", files: ["app.py"], command: "uvicorn app:app" }),
  });
  await show(source);
  await click("KERAS");
  expect(named("button", "KERAS").getAttribute("aria-expanded")).toBe("true");
  const details = place.querySelector<HTMLDetailsElement>("details.kw-export-code")!;
  await act(async () => {
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
  });
  await settle();
  await click("Insert below");
  expect(inserted).toEqual(["model.save('net.keras')"]);
  await click("Write a server");
  expect(source.of("write_server")).toEqual([{ job: "export-1", target: "keras" }]);
  expect(place.textContent).toContain("uvicorn app:app");
});

test("a smaller copy is made, and undone", async () => {
  const row = {
    slim: "slim-1",
    method: "int8" as const,
    metrics: [{ name: "accuracy", model: 0.9, export: 0.88 }],
    bytes_before: 4_000,
    bytes_after: 1_000,
    notes: [],
    code: "",
  };
  const source = new FakeExports({
    export_targets: () => targetList(),
    start_slim: () => ({ ...row, variable: "net_int8", undone: false }),
    undo_slim: () => ({ ...row, variable: null, undone: true }),
  });
  await show(source);
  await click("8-bit integers");
  const table = named("table", "Smaller copies");
  expect(table.textContent).toContain("net_int8");
  expect(table.textContent).toContain("0.9000 → 0.8800");
  await click("Undo");
  expect(table.textContent).toContain("undone");
});

test("without a kernel the saved table is shown, and nothing to click", async () => {
  const store = await show(null);
  await act(async () => store.showSaved(exportState([exportRow("keras")], { state: "done" })));
  expect(named("table", "Exports").textContent).toContain("Identical");
  expect(place.querySelector("form")).toBeNull();
});

test("an answer of an earlier kernel is dropped, and rows of a saved export are asked for", async () => {
  const source = new FakeExports({
    export_targets: () => targetList({ job: "export-1" }),
    export_state: () => exportState([exportRow("int8")], { state: "done", revision: 7 }),
  });
  const store = await show(null);
  await act(async () => {
    store.showSaved(exportState([exportRow("keras")], { state: "done", revision: 7 }));
    store.setSource(source);
  });
  await settle();
  expect(source.of("export_state")).toEqual([{ job: "export-1", since: 0 }]);
  expect(store.state?.rows.map(({ target }) => target)).toEqual(["int8"]);
});

test.each([
  [{ maximum: 0 }, "Identical"],
  [{ maximum: 2e-7 }, "Same but for rounding"],
  [{ maximum: 2e-7, same_class: 0.99 }, "Nearly the same"],
  [{ maximum: 0.2, same_class: 1 }, "Nearly the same, same classes"],
  [{ maximum: 0.02, same_class: null }, "Nearly the same"],
  [{ maximum: 0.4, same_class: 0.7 }, "Different"],
  [{ maximum: Number.NaN }, "Different"],
])("the verdict on %j is %s", (change, expected) => {
  const row = exportRow("onnx");
  const difference = { ...row.difference!, same_class: null, ...change };
  expect(verdictOf({ ...row, difference }).text).toBe(expected);
});
