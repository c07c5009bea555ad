// @vitest-environment jsdom
/** Tests of the view of models: rows, the tree by role and name, its keys, and the details. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ModelsView } from "../../src/models/components/ModelsView";
import { mountModel } from "../../src/models/components/mountModel";
import type {
  LayerSummary,
  ModelEntry,
  ModelSummary,
  RequestKind,
} from "../../src/models/protocol";
import { SummaryStore } from "../../src/models/store";
import { treeOf } from "../../src/models/summaryTree";

function layer(change: Partial<LayerSummary> = {}): LayerSummary {
  return {
    path: "0",
    name: "dense",
    class_name: "Dense",
    kind: "layer",
    built: true,
    input_shapes: [[null, 4]],
    output_shapes: [[null, 3]],
    parameters: 15,
    trainable_parameters: 15,
    weight_bytes: 60,
    dtype: "float32",
    activation: "relu",
    trainable: true,
    inbound: [],
    calls: 1,
    shared_with: null,
    problem: null,
    children: [],
    ...change,
  };
}

/** A model of these layers; paths and sums are filled in. */
function summary(
  layers: Partial<LayerSummary>[],
  change: Partial<ModelSummary> = {},
): ModelSummary {
  const children = layers.map((part, i) => layer({ path: String(i), ...part }));
  const total = children.reduce((sum, { parameters }) => sum + (parameters ?? 0), 0);
  return {
    root: layer({ path: "", name: "net", class_name: "Sequential", kind: "model", children }),
    parameters: total,
    trainable_parameters: total,
    weight_bytes: 4 * total,
    optimizer_parameters: null,
    optimizer_bytes: null,
    compiled: null,
    trained: null,
    inferred_from: null,
    guesses: [],
    notes: [],
    ...change,
  };
}

function entry(change: Partial<ModelEntry> = {}): ModelEntry {
  return {
    key: "m1",
    names: ["net"],
    name: "sequential",
    class_name: "Sequential",
    built: true,
    parameters: 15,
    weight_bytes: 60,
    num_layers: 2,
    compiled: null,
    trained: null,
    run_id: null,
    revision: "1",
    error: null,
    ...change,
  };
}

const detail = {
  path: "0",
  name: "dense",
  class_name: "Dense",
  module: "keras.layers",
  config: "{}",
  config_problem: null,
  weights: [
    {
      name: "kernel",
      shape: [4, 3],
      dtype: "float32",
      parameters: 12,
      trainable: true,
      nan: 2,
      infinite: 0,
      zero: 1,
      looked_at: 12,
      minimum: -1,
      maximum: 1,
      mean: 0,
      standard_deviation: 0.5,
      histogram: { edges: [-1, 0, 1], counts: [3, 7] },
      units: 3,
      dead_units: 1,
      problem: null,
    },
  ],
  trainable: true,
  trainable_code: 'net.get_layer("dense").trainable = False',
  when: "now",
};

class FakeKernel {
  readonly asked: { kind: RequestKind; payload: Record<string, unknown> }[] = [];
  readonly answers: Partial<Record<RequestKind, () => unknown>> = {};

  request = async (kind: RequestKind, payload: object): Promise<unknown> => {
    this.asked.push({ kind, payload: payload as Record<string, unknown> });
    const answer = this.answers[kind];
    if (!answer) return { ok: false, message: `No answer to ${kind}.` };
    return { ok: true, value: answer() };
  };
}

let place: HTMLElement;

beforeEach(() => {
  // jsdom has no layout: give the tree a size, and each row a height.
  for (const [name, value] of Object.entries({ clientWidth: 300, clientHeight: 440 })) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value });
  }
  Object.defineProperty(HTMLElement.prototype, "offsetHeight", { configurable: true, value: 44 });
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
  HTMLElement.prototype.scrollTo = () => {};
  place = document.createElement("div");
  document.body.append(place);
});

afterEach(() => {
  render(null, place);
  place.remove();
  vi.unstubAllGlobals();
});

async function show(
  summaries: Record<string, ModelSummary>,
  entries = [entry()],
  kernel = new FakeKernel(),
) {
  kernel.answers.describe = () => summaries[String(kernel.asked.at(-1)?.payload.model)];
  kernel.answers.detail ??= () => detail;
  const store = new SummaryStore(kernel);
  store.receive({ kind: "models", payload: { entries } });
  await act(async () => render(<ModelsView store={store} />, place));
  await act(async () => {});
  return { store, kernel };
}

const rows = () => [...place.querySelectorAll<HTMLElement>("[role=treeitem]")];
const names = () => rows().map((row) => row.getAttribute("aria-label")?.split(",")[0]);
const row = (name: string) =>
  rows().find((one) => one.getAttribute("aria-label")?.startsWith(`${name},`))!;
const selected = () =>
  place.querySelector("[aria-selected=true]")?.getAttribute("aria-label")?.split(",")[0];

async function press(...keys: string[]): Promise<void> {
  const tree = place.querySelector("[role=tree]")!;
  for (const key of keys) {
    await act(async () => {
      tree.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    });
  }
}

async function click(element: Element | null | undefined): Promise<void> {
  await act(async () => (element as HTMLElement).click());
  await act(async () => {});
}

const button = (text: string) =>
  [...place.querySelectorAll("button")].find((one) => one.textContent === text);

const TWO = summary([{}, { name: "out", class_name: "Dense", parameters: 5, activation: null }]);

test("tree items have a level, a position and an expanded state", async () => {
  await show({ m1: TWO });
  expect(place.querySelector("[role=tree]")?.getAttribute("aria-label")).toBe("Models");
  // The only model is unfolded by itself.
  expect(names()).toEqual(["net", "dense", "out"]);
  expect(row("net").getAttribute("aria-expanded")).toBe("true");
  expect(row("out").getAttribute("aria-level")).toBe("2");
  expect(row("out").getAttribute("aria-posinset")).toBe("2");
  expect(row("out").getAttribute("aria-setsize")).toBe("2");
  expect(row("dense").getAttribute("aria-label")).toBe(
    "dense, Dense, output (None, 3), 15 parameters, 75.0 %, relu",
  );
});

test("the keys of a tree", async () => {
  const nested = layer({ path: "1.0", name: "inner" });
  const block = { name: "block", class_name: "Block", children: [nested] };
  await show({ m1: summary([{}, block, { name: "drop" }, { name: "dot" }]) });
  await press("ArrowDown", "ArrowDown", "ArrowDown");
  expect(selected()).toBe("block");
  await press("ArrowRight");
  expect(names()).toContain("inner");
  await press("ArrowRight");
  expect(selected()).toBe("inner");
  await press("ArrowLeft");
  expect(selected()).toBe("block");
  await press("ArrowLeft");
  expect(names()).not.toContain("inner");
  await press("End");
  expect(selected()).toBe("dot");
  await press("Home");
  expect(selected()).toBe("net");
  await press("d", "r");
  expect(selected()).toBe("drop");
  const tree = place.querySelector("[role=tree]")!;
  expect(document.getElementById(tree.getAttribute("aria-activedescendant")!)).toBe(row("drop"));
});

test("names with HTML are text", async () => {
  const name = "<img src=x onerror=alert(1)>";
  await show({ m1: summary([{ name }]) }, [entry({ names: [name] })]);
  expect(place.querySelector("img")).toBeNull();
  expect(names()).toEqual([name, name]);
});

test("search and filter keep the ancestors of a match, and count", async () => {
  const inner = layer({ path: "1.0", name: "needle", trainable: false, trainable_parameters: 0 });
  const { store } = await show({
    m1: summary([{}, { name: "block", children: [inner] }, { name: "other" }]),
  });
  await act(async () => store.setOptions({ search: "need" }));
  expect(names()).toEqual(["net", "block", "needle"]);
  expect(place.textContent).toContain("1 of 4 layers");
  await act(async () => store.setOptions({ search: "", filter: "frozen" }));
  expect(names()).toEqual(["net", "block", "needle"]);
  await act(async () => store.setOptions({ search: "nothing like it", filter: "all" }));
  expect(names()).toEqual([]);
  expect(place.textContent).toContain("No matching layers.");
});

test("a search hides the models without a match, and finds models by their names", async () => {
  const other = entry({ key: "m2", names: ["encoder"], name: "other", class_name: "Model" });
  const { store } = await show({ m1: TWO, m2: summary([{ name: "conv" }]) }, [entry(), other]);
  await act(async () => store.setOptions({ search: "out" }));
  await act(async () => {});
  expect(names()).toEqual(["net", "out"]);
  expect(row("net").getAttribute("aria-setsize")).toBe("1");
  await act(async () => store.setOptions({ search: "encoder" }));
  expect(names()).toEqual(["encoder"]);
});

test("a click on a model opens its layers, and another one closes them", async () => {
  await show({ m1: TWO, m2: TWO }, [entry(), entry({ key: "m2", names: ["second"] })]);
  expect(names()).toEqual(["net", "second"]);
  await click(row("second"));
  expect(names()).toEqual(["net", "second", "dense", "out"]);
  expect(place.querySelector(".kw-details")).toBeNull();
  await click(row("second"));
  expect(names()).toEqual(["net", "second"]);
  await click(row("second").querySelector(".kw-info"));
  expect(place.querySelector(".kw-details")?.getAttribute("aria-label")).toBe("Details of second");
});

test("several rows, a block, and all up to a layer are frozen at once", async () => {
  const nested = [layer({ path: "1.0", name: "in" }), layer({ path: "1.1", name: "next" })];
  const input = { name: "given", kind: "input" as const, parameters: 0 };
  const model = summary([input, { name: "block", children: nested }, { name: "last" }]);
  const { kernel, store } = await show({ m1: model });
  const frozen = () => kernel.asked.filter(({ kind }) => kind === "set_trainable").at(-1)?.payload;
  kernel.answers.set_trainable = () => ({ trainable: false, code: "a\nb", note: "" });
  const pick = (name: string, keys: MouseEventInit) =>
    act(async () => {
      row(name).dispatchEvent(new MouseEvent("click", { bubbles: true, ...keys }));
    });
  await click(row("block"));
  const press = new MouseEvent("mousedown", { bubbles: true, cancelable: true, shiftKey: true });
  row("last").dispatchEvent(press);
  // Or the browser selects the text between the rows.
  expect(press.defaultPrevented).toBe(true);
  expect(document.activeElement?.getAttribute("role")).toBe("tree");
  await pick("last", { shiftKey: true });
  expect(place.querySelectorAll("[aria-selected=true]")).toHaveLength(4);
  await pick("next", { ctrlKey: true });
  await pick("given", { ctrlKey: true });
  await click(button("Freeze 3 layers"));
  expect(frozen()).toEqual({ model: "m1", layers: ["1", "1.0", "2"], trainable: false });
  await click(row("next"));
  await click(button("Freeze up to here"));
  expect(frozen()).toEqual({ model: "m1", layers: ["1.0", "1.1"], trainable: false });
  await act(async () => store.setOptions({ order: "class" }));
  await click(row("Dense").querySelector(".kw-info"));
  await click(button("Freeze 3 layers"));
  expect(frozen()).toMatchObject({ layers: ["1.0", "1.1", "2"] });
});

test("largest first, and groups by class and by size", () => {
  const model = summary([
    { name: "a", class_name: "Dense", parameters: 10 },
    { name: "b", class_name: "Conv2D", parameters: 2_000_000 },
    { name: "c", class_name: "Dense", parameters: 20 },
    { name: "d", class_name: "Dropout", parameters: 0 },
  ]);
  expect(treeOf(model, "size").map(({ label }) => label)).toEqual(["b", "c", "a", "d"]);
  const byClass = treeOf(model, "class");
  expect(byClass.map(({ label, count, parameters }) => [label, count, parameters])).toEqual([
    ["Conv2D", 1, 2_000_000],
    ["Dense", 2, 30],
    ["Dropout", 1, 0],
  ]);
  expect(treeOf(model, "magnitude").map(({ label }) => label)).toEqual([
    "1 to 10 million",
    "under 10,000",
    "no parameters",
  ]);
});

test("a layer with weights of its own beside others is in its group", () => {
  const inner = layer({ path: "0.0", name: "inner", parameters: 10, trainable_parameters: 10 });
  const scale = {
    class_name: "Scale",
    parameters: 13,
    trainable_parameters: 13,
    children: [inner],
  };
  const groups = treeOf(summary([scale]), "class");
  expect(groups.map(({ label, parameters }) => [label, parameters])).toEqual([
    ["Dense", 10],
    ["Scale", 3],
  ]);
});

test("a long flat model is folded into blocks by its layers' names", () => {
  const parts = ["conv", "bn", "relu"];
  const blocks = Array.from({ length: 40 }, (_, i) =>
    parts.map((part) => ({ name: `conv${1 + (i % 4)}_block${i}_${part}`, class_name: "X" })),
  )
    .sort((a, b) => (a[0]!.name < b[0]!.name ? -1 : 1))
    .flat();
  const model = summary([{ name: "input", kind: "input" }, ...blocks, { name: "top_dense" }]);
  const nodes = treeOf(model, "blocks");
  expect(nodes.map(({ label }) => label)).toEqual([
    "input",
    "conv1",
    "conv2",
    "conv3",
    "conv4",
    "top_dense",
  ]);
  expect(nodes[1]).toMatchObject({ layer: null, count: 30, parameters: 450 });
  expect(nodes[1]!.children.map(({ label }) => label)).toContain("conv1_block12");
  expect(treeOf(model, "built")).toHaveLength(122);
});

test("a block with nearly all layers is left out", () => {
  const names = Array.from({ length: 20 }, (_, i) =>
    ["expand", "bn", "project"].map((part) => ({ name: `block_${i}_${part}`, class_name: "X" })),
  ).flat();
  const labels = treeOf(summary([{ name: "input" }, ...names]), "blocks").map(({ label }) => label);
  expect(labels.slice(0, 3)).toEqual(["input", "block_0", "block_1"]);
  expect(labels).toHaveLength(21);
});

test("of ten thousand layers only those on screen are drawn", async () => {
  const model = summary(Array.from({ length: 10_000 }, (_, i) => ({ name: `layer${i}` })));
  const { store } = await show({ m1: model });
  expect(store.rows().rows).toHaveLength(10_001);
  expect(rows().length).toBeGreaterThan(5);
  expect(rows().length).toBeLessThan(60);
});

test("details are requested, and a layer is frozen", async () => {
  const kernel = new FakeKernel();
  kernel.answers.set_trainable = () => ({
    trainable: false,
    code: 'net.get_layer("dense").trainable = False',
    note: "Compile the model again.",
  });
  await show({ m1: TWO }, [entry()], kernel);
  await click(row("dense"));
  const details = place.querySelector("[aria-label='Details of dense']")!;
  expect(details.textContent).toContain("kernel (4, 3) float32");
  expect(details.textContent).toContain("NaN 2");
  expect(details.textContent).toContain("dead units 1 of 3");
  expect(details.querySelector("[role=img]")?.getAttribute("aria-label")).toMatch(
    /^kernel from −1.000 to 1.000/,
  );
  await click(button("Freeze"));
  expect(kernel.asked.some(({ kind }) => kind === "set_trainable")).toBe(true);
  expect(details.textContent).toContain("Compile the model again.");
  expect(button("Unfreeze")).toBeTruthy();
});

test("a refusal of the kernel is shown in place", async () => {
  const kernel = new FakeKernel();
  kernel.answers.detail = undefined as never;
  kernel.request = async (kind) =>
    kind === "describe"
      ? { ok: true, value: TWO }
      : { ok: false, message: "A fit of this model runs." };
  await show({}, [entry()], Object.assign(kernel, { answers: { detail: () => detail } }));
  await click(row("dense"));
  expect(place.querySelector("[role=alert]")?.textContent).toContain("A fit of this model runs.");
});

test("shapes of an unbuilt model are inferred on demand", async () => {
  const unbuilt = summary([{ parameters: null, output_shapes: null }], {
    parameters: null,
    guesses: [{ shapes: "(28, 28)", source: "x_train" }],
  });
  const kernel = new FakeKernel();
  kernel.answers.infer = () => ({ ...TWO, inferred_from: "(28, 28)", guesses: unbuilt.guesses });
  await show({ m1: unbuilt }, [entry({ parameters: null, built: false })], kernel);
  expect(row("dense").textContent).toContain("not built");
  expect(row("dense").textContent).toContain("shape unknown");
  await click(row("net"));
  await press("Enter");
  await click(button("(28, 28)"));
  expect(kernel.asked.at(-1)).toEqual({
    kind: "infer",
    payload: { model: "m1", input_shapes: "(28, 28)" },
  });
  expect(place.textContent).toContain("Computed for (28, 28)");
  expect(row("dense").textContent).toContain("(None, 3)");
  await click(button("Show the original"));
  expect(row("dense").textContent).toContain("not built");
});

test("a model that cannot be described is an entry with the reason", async () => {
  await show({ m1: TWO }, [
    entry({ key: "bad", names: ["bad"], error: "Cannot read it. Why." }),
    entry(),
  ]);
  expect(row("bad").textContent).toContain("Cannot read it. Why.");
  expect(row("bad").hasAttribute("aria-expanded")).toBe(false);
  expect(row("net")).toBeTruthy();
});

test("a summary is requested again when its model has changed", async () => {
  const { store, kernel } = await show({ m1: TWO });
  const asked = () => kernel.asked.filter(({ kind }) => kind === "describe").length;
  expect(asked()).toBe(1);
  await act(async () => store.setEntries([entry()]));
  expect(asked()).toBe(1);
  await act(async () => store.setEntries([entry({ revision: "2" })]));
  expect(asked()).toBe(2);
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  store.receive({ kind: "models", payload: { entries: "nonsense" } });
  expect(warn).toHaveBeenCalledOnce();
  expect(store.entries).toHaveLength(1);
  warn.mockRestore();
});

test("the details of a model say how long it was trained, also when a fit has advanced", async () => {
  const trained = (steps: number, epochs: number) => ({ steps, epochs, seconds: null });
  const summaries = { m1: { ...TWO, trained: trained(27, 0) } };
  const { store } = await show(summaries, [entry({ trained: trained(27, 0) })]);
  await act(async () => store.select("m1", true));
  expect(place.querySelector(".kw-details")?.textContent).toContain("27 steps, in its first epoch");
  summaries.m1 = { ...TWO, trained: trained(216, 8) };
  await act(async () => store.setEntries([entry({ trained: trained(216, 8) })]));
  await act(async () => {});
  const details = place.querySelector(".kw-details")?.textContent;
  expect(details).toContain("216 steps, 8 epochs in the last fit");
});

test("one model in a cell needs no kernel to be shown", async () => {
  const store = new SummaryStore(new FakeKernel(), true);
  store.setSummary(entry(), TWO);
  let unmount = () => {};
  await act(async () => {
    unmount = mountModel(place, store);
  });
  expect(place.querySelector("section")?.getAttribute("aria-label")).toBe("Summary of net");
  expect(place.querySelector("[role=tree]")?.getAttribute("aria-label")).toBe("Layers");
  expect(names()).toEqual(["dense", "out"]);
  unmount();
});
