// @vitest-environment jsdom
/** Tests of the view of recorded runs, by role and name; layout is tested in a browser. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mountInsight } from "../../src/insight/components/mountInsight";
import { RunsView } from "../../src/record/components/RunsView";
import type { Difference } from "../../src/record/protocol";
import type { RunsSource } from "../../src/record/source";
import { RunsStore } from "../../src/record/store";
import type { Plotly } from "../../src/shared/plotly";
import { INSERT_CELL, type InsertCell } from "../../src/shared/viewEvents";
import { details, layers, part, pictures, TASKS } from "../insight/fixture";
import { FakeSource, row } from "./fakeRuns";

let place: HTMLElement;
let lifetime: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("IntersectionObserver", ResizeObserver);
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

async function show(source: RunsSource | null): Promise<RunsStore> {
  const store = new RunsStore(source);
  const loadPlotly = () => new Promise<Plotly>(() => {});
  await act(async () => {
    render(
      <RunsView
        store={store}
        loadPlotly={loadPlotly}
        loadInsight={async () => ({ mount: mountInsight })}
      />,
      place,
    );
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

function all(selector: string): HTMLElement[] {
  return [...place.querySelectorAll<HTMLElement>(selector)];
}

function named<T extends HTMLElement>(tag: string, name: string): T {
  const found = all(tag).find(
    (element) => (element.getAttribute("aria-label") ?? element.textContent) === name,
  );
  if (!found) throw new Error(`no ${tag} “${name}” in ${place.textContent}`);
  return found as T;
}

async function click(tag: string, name: string): Promise<void> {
  await act(async () => named(tag, name).click());
  await settle();
}

async function type(field: HTMLInputElement, text: string, key = ""): Promise<void> {
  await act(async () => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  if (key) {
    await act(async () => {
      field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    });
  }
  await settle();
}

const ids = () => all("tbody tr[data-run]").map((row) => row.dataset.run);
const THREE = () => [
  row("a", { created: 100, name: "<b>first</b>", values: new Map([["loss", 0.9]]) }),
  row("b", { created: 200, values: new Map([["loss", 0.1]]) }),
  row("c", { created: 300, values: new Map(), state: "died" }),
];

test("the newest run comes first, and a click sorts by a column", async () => {
  await show(new FakeSource(THREE()));
  expect(named("table", "Runs")).toBeTruthy();
  expect(ids()).toEqual(["c", "b", "a"]);
  await click("button", "loss");
  expect(ids()).toEqual(["a", "b", "c"]);
  await click("button", "loss");
  // Without a value at the end, whatever the order.
  expect(ids()).toEqual(["b", "a", "c"]);
  const sorted = all("th[aria-sort=ascending]");
  expect(sorted.map((cell) => cell.textContent)).toEqual(["loss"]);
});

test("names and notes are text", async () => {
  await show(new FakeSource([row("a", { name: "<b>x</b>", notes: "<img src=x>" })]));
  expect(place.textContent).toContain("<b>x</b>");
  expect(place.querySelector("img, b")).toBeNull();
});

test("without runs the view says what to do", async () => {
  await show(new FakeSource([]));
  expect(place.textContent).toContain("model.fit");
  expect(place.textContent).toContain("/home/ann/.kwidgets/runs");
});

test("a filter is applied by the kernel, and its problem is shown", async () => {
  const source = new FakeSource(THREE(), {
    filter_runs: ({ text }) => {
      if (text.includes("foo")) throw new Error("No run has a value “foo”.");
      return ["b"];
    },
  });
  await show(source);
  const field = named<HTMLInputElement>("input", "Filter");
  await type(field, "loss < 0.5");
  await settle(300);
  expect(source.of("filter_runs")).toEqual([{ scope: "folder", text: "loss < 0.5" }]);
  expect(ids()).toEqual(["b"]);
  expect(place.textContent).toContain("1 of 3 runs");
  await type(field, "foo < 1");
  await settle(300);
  expect(place.querySelector("[role=alert]")?.textContent).toContain("No run has a value");
  expect(ids()).toEqual(["b"]);
  await type(field, "");
  await settle(300);
  expect(ids()).toEqual(["c", "b", "a"]);
});

test("checked runs are drawn, the running one again and again", async () => {
  const source = new FakeSource([row("a"), row("b", { state: "running" })]);
  const store = await show(source);
  await act(async () => store.setDrawn(["a", "b"]));
  await settle();
  expect(store.drawn.map(({ id, number }) => [id, number])).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
  await settle(6_000);
  const asked = source.of("run_curves").map((payload) => (payload as { run: string }).run);
  expect(asked.filter((id) => id === "a")).toHaveLength(1);
  expect(asked.filter((id) => id === "b").length).toBeGreaterThan(1);
  await act(async () => store.setIsDrawn("a", false));
  expect(store.numberOf("b")).toBe(2);
});

const DIFFERENCE: Difference = {
  first: "a",
  second: "b",
  layers: [
    { what: "changed", name: "dense", class_name: "Dense", settings: [] },
    { what: "removed", name: "dropout", class_name: "Dropout", settings: [] },
  ],
  parameters: [10, 20],
  model: [],
  compile: [{ name: "optimizer.learning_rate", before: "0.1", after: "0.01" }],
  fit: [],
  data: [],
  seeds: [],
  versions: [],
  environment: [],
  code: "@@ -1 +1 @@\n-epochs=2\n+epochs=3",
  missing: ["seeds"],
};

test("two runs are compared, the older one first", async () => {
  const source = new FakeSource(THREE(), { compare_runs: () => DIFFERENCE });
  await show(source);
  expect(named<HTMLButtonElement>("button", "Compare").disabled).toBe(true);
  await click("input", "Draw digits #2");
  await click("input", "Draw <b>first</b>");
  await click("button", "Compare");
  expect(source.of("compare_runs")).toEqual([{ first: "a", second: "c" }]);
  const text = place.textContent;
  for (const part of ["10 → 20 parameters", "optimizer.learning_rate", "-epochs=2", "seeds"]) {
    expect(text).toContain(part);
  }
  await click("button", "Close");
  expect(place.textContent).not.toContain("Differences");
});

test("runs of the same name are told apart, and name what they go on from", async () => {
  const parent = { run: "a", step: 412, how: "resume" };
  const source = new FakeSource([
    row("a", { created: 100, state: "died" }),
    row("b", { created: 200, parent }),
    row("c", { created: 300, name: "alone" }),
    row("d", { created: 400, name: "other", parent: { ...parent, run: "of another folder" } }),
  ]);
  const store = await show(source);
  const names = all("tbody th[scope=row]").map((cell) => cell.textContent);
  expect(names[1]).toBe("alone");
  expect(names[2]).toContain("digits #2↳ digits #1");
  expect(place.querySelector(".kw-run-parent")?.getAttribute("title")).toContain("another folder");
  expect(names[2]).toContain("Resumed from digits #1 at step 412");
  // The curve of the parent is drawn faint beneath that of the run.
  await click("input", "Draw digits #2");
  expect(store.drawnParents.map(({ id }) => id)).toEqual(["a"]);
  expect(source.of("run_curves")).toContainEqual({ run: "a", seen: "" });
  await click("input", "Draw digits #1");
  expect(store.drawnParents).toEqual([]);
  await click("button", "digits #2");
  await click("button", "Resumed from digits #1 at step 412");
  expect(store.panel).toEqual({ is: "details", run: "a" });
});

test("checkpoints of the checked runs are deleted, or of all that are listed", async () => {
  const source = new FakeSource(
    ["a", "b", "c", "d", "e"].map((id, i) =>
      row(id, {
        created: i,
        name: `run ${id}`,
        checkpoint_bytes: 1000,
        state: id === "e" ? "running" : "finished",
      }),
    ),
    { delete_checkpoints: () => ({ bytes: 1000, problems: [] }) },
  );
  await show(source);
  await click("button", "Free 4 kB…");
  expect(place.querySelector("[role=alertdialog]")?.getAttribute("aria-label")).toContain(
    "all listed runs? 4 have some (4 kB): run a, run b, run c and 1 more.",
  );
  await click("button", "Cancel");
  await click("input", "Draw run b");
  await click("input", "Draw run e");
  await click("button", "Free 1 kB…");
  expect(place.querySelector("[role=alertdialog]")?.getAttribute("aria-label")).toContain(
    "the checkpoints of run b (1 kB)?",
  );
  await click("button", "Delete");
  expect(source.of("delete_checkpoints")).toEqual([{ runs: ["b"] }]);
});

test("a running run is not deleted with the others", async () => {
  const source = new FakeSource([row("a", { state: "running", name: "live" })]);
  await show(source);
  expect(place.textContent).toContain("1 run ·");
  await click("input", "Draw live");
  expect(named<HTMLButtonElement>("button", "Delete…").disabled).toBe(true);
});

test("what matters comes first, and of many metrics the first ones", async () => {
  const names = Array.from({ length: 9 }, (_, i) => (i ? `metric ${i}` : "loss"));
  const values = new Map(
    names.flatMap((name) => [[name, 1] as const, [`val_${name}`, 2] as const]),
  );
  const metrics = names.map((name) => ({ name, direction: "min" as const }));
  const best = new Map(names.map((name) => [name, 1]));
  await show(new FakeSource([row("a", { values, metrics, best })]));
  const titles = () => all("thead th").map((cell) => cell.textContent);
  expect(titles().slice(1, 5)).toEqual(["Name", "State", "best loss", "Started"]);
  expect(titles().slice(7, 9)).toEqual(["val_loss", "loss"]);
  expect(titles()).not.toContain("metric 6");
  await click("button", "metric 6");
  expect(titles()).toContain("val_metric 6");
});

test("a text is edited in place: Enter keeps it, Escape does not", async () => {
  const source = new FakeSource([row("a")]);
  await show(source);
  await click("button", "Tags of digits");
  await type(named("input", "Tags of digits"), "x, y", "Enter");
  expect(source.of("edit_run")).toEqual([{ run: "a", tags: ["x", " y"] }]);
  await click("button", "Notes on digits");
  await type(named("input", "Notes on digits"), "no", "Escape");
  expect(source.of("edit_run")).toHaveLength(1);
});

test("what cannot be saved is said in the field", async () => {
  const source = new FakeSource([row("a")], {
    edit_run: () => {
      throw new Error("The folder is read-only.");
    },
  });
  await show(source);
  await click("button", "Name of digits");
  await type(named("input", "Name of digits"), "new", "Enter");
  expect(place.querySelector("[role=alert]")?.textContent).toBe("The folder is read-only.");
});

test("runs are deleted after a confirmation", async () => {
  const source = new FakeSource(THREE());
  await show(source);
  await click("input", "Draw <b>first</b>");
  await click("button", "Delete…");
  expect(source.of("delete_runs")).toEqual([]);
  await click("button", "Cancel");
  await click("button", "Delete…");
  await click("button", "Delete");
  expect(source.of("delete_runs")).toEqual([{ runs: ["a"] }]);
  expect(ids()).toEqual(["c", "b"]);
  expect(place.textContent).toContain("1 kB freed.");
});

test("the code of a run is inserted into a cell, and not run", async () => {
  const source = new FakeSource([row("a")], {
    run_details: ({ run }) => ({
      run,
      path: "/runs/a.sqlite",
      code: "model.fit(x, y)",
      layers: [{ name: "dense", value: "Dense" }],
      parameters: 10,
      compile: [],
      fit: [{ name: "epochs", value: "2" }],
      data: [],
      seeds: [],
      versions: [],
      environment: [],
      marks: [],
      acts: [{ epoch: 1, batch: 0, do: "learning_rate", value: 0.01, by: "user" }],
      checkpoints: [],
    }),
  });
  const inserted: (string | null)[] = [];
  place.addEventListener(INSERT_CELL, (event) => {
    event.preventDefault();
    inserted.push((event as CustomEvent<InsertCell>).detail.source);
  });
  await show(source);
  await click("button", "digits");
  expect(place.textContent).toContain("Learning rate set to 0.01");
  await click("button", "Insert the code");
  expect(inserted.filter(Boolean)).toEqual(["model.fit(x, y)"]);
});

const RECORDED = () =>
  [
    part("pictures", pictures()),
    ...[5, 6, 7].map((epoch) => {
      const shown = { ...TASKS.names!(), epoch, epochs: [5, 6, 7], samples: 1000 + epoch };
      const short = details({ mistakes: [], watched: [] });
      return part("predictions", epoch === 7 ? shown : { ...shown, details: short });
    }),
    part("layers", layers()),
  ].map(({ payload }) => payload);

test("a run's tabs show what its file has, without a request to a model", async () => {
  const source = new FakeSource([row("a")], {
    run_insight: ({ run, seen }) => ({ run, seen: "1", parts: seen === "1" ? null : RECORDED() }),
  });
  await show(source);
  await click("button", "digits");
  const tabs = () => all("[role=tab]");
  expect(tabs().map(({ textContent }) => textContent)).toEqual([
    "Overview",
    "Curves",
    "Predictions",
    "Layers",
    "Data",
  ]);
  expect(source.of("run_insight")).toEqual([]);
  await click("[role=tab]", "Predictions");
  expect(source.of("run_insight")).toEqual([{ run: "a", seen: "" }]);
  expect(named("[role=grid]", "Confusion matrix, rows true class, columns predicted class"));
  expect(place.textContent).toContain("1,007 samples");
  expect(named("[role=list]", "Worst mistakes, 24 of 661"));
  await click("button", "Previous epoch");
  expect(place.textContent).toContain("1,006 samples");
  expect(place.textContent).toContain("The samples of this epoch were not saved.");
  await act(async () => named("[role=tab]", "Predictions").focus());
  await act(async () => {
    document.activeElement!.dispatchEvent(
      new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }),
    );
  });
  await settle();
  expect(named("table", "Layers").textContent).toContain("dense");
  await click("[role=tab]", "Data");
  expect(place.textContent).toContain("Nothing about the data was saved.");
  await click("[role=tab]", "Curves");
  expect(source.of("run_curves")).toEqual([{ run: "a", seen: "" }]);
  // The run has ended: nothing is asked again.
  await settle(10_000);
  expect(source.of("run_insight").length + source.of("run_curves").length).toBeLessThan(6);
});

test("a run without recorded predictions says so", async () => {
  const source = new FakeSource([row("a")], {
    run_insight: ({ run }) => ({ run, seen: "1", parts: [] }),
  });
  await show(source);
  await click("button", "digits");
  await click("[role=tab]", "Predictions");
  expect(place.textContent).toContain("No predictions were saved.");
});

test("a saved view without a kernel shows its rows, and no buttons", async () => {
  const store = await show(null);
  await act(async () => store.showSaved(THREE(), []));
  expect(ids()).toEqual(["c", "b", "a"]);
  expect(all("input:not([type=checkbox]), button:not(.kw-sort)")).toEqual([]);
});

test("a kernel that does not answer is said to be gone", async () => {
  const source = new FakeSource([], {
    list_runs: () => {
      throw new Error("The kernel is not available.");
    },
  });
  await show(source);
  expect(place.querySelector("[role=alert]")?.textContent).toContain("not available");
});
