// @vitest-environment jsdom
/** Tests of the fields of a form: sent values, refusals, and resets to the default. */

import { afterEach, expect, test } from "vitest";
import { BuilderPage } from "./page";

let page: BuilderPage;
afterEach(() => page.close());

const edits = () => page.kernel.of("edit");
const select = async (uid: string) => {
  const card = page.cards.find((each) => each.dataset.uid === uid)!;
  await page.click(card.querySelector<HTMLElement>(".kw-b-title")!);
};
const more = () =>
  page.settle(() => {
    const details = page.root.querySelector<HTMLDetailsElement>(".kw-b-more")!;
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
  });
const textOf = (field: HTMLElement) => {
  const ids = field.getAttribute("aria-describedby")!.split(" ");
  return ids.map((id) => document.getElementById(id)?.textContent ?? "").join("|");
};

test("Enter sends the text once, and an unchanged text is not sent", async () => {
  page = await BuilderPage.open();
  await select("b");
  const units = page.get<HTMLInputElement>("textbox", "units");
  expect([units.value, units.getAttribute("aria-required")]).toEqual(["128", "true"]);
  await page.key(units, "Enter");
  await page.type(units, "64");
  expect(units.dataset.unsaved).toBe("true");
  await page.key(units, "Enter");
  await page.settle(() => units.blur());
  expect(edits()).toEqual([{ action: "set", target: "b", path: ["units"], text: "64" }]);
  expect([units.value, units.dataset.unsaved]).toEqual(["64", "false"]);
  expect(textOf(units)).toContain("How many outputs the layer has.");
});

test("blur sends the text, Escape reverts it", async () => {
  page = await BuilderPage.open();
  await select("b");
  const units = page.get<HTMLInputElement>("textbox", "units");
  await page.type(units, "7");
  await page.key(units, "Escape");
  expect(units.value).toBe("128");
  await page.type(units, "32");
  await page.settle(() => units.blur());
  expect(edits()).toMatchObject([{ text: "32" }]);
});

test("a refused text stays, with the reason, until it is reverted", async () => {
  page = await BuilderPage.open();
  await select("b");
  page.kernel.refusal = "units must be at least 1.";
  const units = page.get<HTMLInputElement>("textbox", "units");
  await page.type(units, "-1");
  await page.key(units, "Enter");
  await page.settle(() => units.blur());
  expect(edits()).toHaveLength(1);
  expect([units.value, units.getAttribute("aria-invalid")]).toEqual(["-1", "true"]);
  expect(textOf(units)).toContain("units must be at least 1.");
  await page.key(units, "Escape");
  expect([units.value, units.getAttribute("aria-invalid")]).toEqual(["128", "false"]);
});

test("a set value can be reset, and the focus stays in the field", async () => {
  page = await BuilderPage.open();
  await select("b");
  expect(page.all("button", "Reset units")).toEqual([]);
  await page.click(page.get("button", "Reset activation"));
  expect(edits()).toEqual([{ action: "reset", target: "b", path: ["activation"] }]);
  expect(page.all("button", "Reset activation")).toEqual([]);
  expect(document.activeElement).toBe(page.get("combobox", "activation"));
});

test("choices and boxes send values; the default is a reset", async () => {
  page = await BuilderPage.open();
  await select("b");
  await page.choose(page.get("combobox", "activation"), "tanh");
  await page.choose(page.get("combobox", "activation"), "None (default)");
  await page.click(page.get("checkbox", "use_bias"));
  expect(edits()).toMatchObject([
    { action: "set", path: ["activation"], value: "tanh" },
    { action: "reset", path: ["activation"] },
    { action: "set", path: ["use_bias"], value: false },
  ]);
});

test("objects: a string shows as its class, and a chosen class has a form of its own", async () => {
  page = await BuilderPage.open();
  await select("b");
  await more();
  const initializer = page.get<HTMLSelectElement>("combobox", "kernel_initializer");
  expect(initializer.selectedOptions[0]!.textContent).toBe("HeNormal");
  await page.choose(page.get("combobox", "kernel_regularizer"), "L2");
  const group = page.get("group", "Arguments of kernel_regularizer");
  const l2 = page.get<HTMLInputElement>("textbox", "l2", group);
  expect(l2.placeholder).toBe("0.01");
  await page.type(l2, "0.1");
  await page.key(l2, "Enter");
  await page.choose(initializer, "GlorotUniform (default)");
  expect(edits()).toMatchObject([
    {
      path: ["kernel_regularizer"],
      value: { class_name: "keras.regularizers.L2", arguments: {} },
    },
    { path: ["kernel_regularizer", "l2"], text: "0.1" },
    { action: "reset", path: ["kernel_initializer"] },
  ]);
});

test("a number, or an object in its place", async () => {
  const optimizer = { class_name: "keras.optimizers.Adam", arguments: {} };
  page = await BuilderPage.open({ compile: { arguments: { optimizer }, errors: {} } });
  await page.click(page.get("tab", "Compile"));
  await page.type(page.get<HTMLInputElement>("textbox", "learning_rate"), "0.01");
  await page.key(page.get("textbox", "learning_rate"), "Enter");
  await page.choose(page.get("combobox", "learning_rate given as"), "CosineDecay");
  expect(edits()).toMatchObject([
    { target: "compile", path: ["optimizer", "learning_rate"], text: "0.01" },
    {
      target: "compile",
      path: ["optimizer", "learning_rate"],
      value: { class_name: "keras.optimizers.schedules.CosineDecay", arguments: {} },
    },
  ]);
});

test("Adjust turns a name into an object whose arguments can be set", async () => {
  page = await BuilderPage.open();
  await page.click(page.get("tab", "Compile"));
  await page.click(page.get("button", "Adjust optimizer"));
  expect(edits()).toMatchObject([
    { path: ["optimizer"], value: { class_name: "keras.optimizers.Adam", arguments: {} } },
  ]);
  expect(page.get("textbox", "learning_rate")).toBeTruthy();
});

test("lists: add, set, remove", async () => {
  page = await BuilderPage.open();
  await page.click(page.get("tab", "Compile"));
  await page.choose(page.get("combobox", "metrics"), "accuracy");
  await page.choose(page.get("combobox", "metrics"), "SparseCategoricalAccuracy");
  const accuracy = { class_name: "keras.metrics.SparseCategoricalAccuracy", arguments: {} };
  expect(edits()).toMatchObject([{ value: ["accuracy"] }, { value: ["accuracy", accuracy] }]);
  await page.click(page.get("button", "Remove accuracy"));
  await page.click(page.get("button", "Remove SparseCategoricalAccuracy"));
  expect(edits().slice(2)).toMatchObject([{ value: [accuracy] }, { action: "reset" }]);
});

test("data is chosen among the notebook's variables", async () => {
  page = await BuilderPage.open({ fit: { arguments: {}, errors: { x: "Choose the inputs." } } });
  await page.click(page.get("tab", "Fit"));
  const x = page.get<HTMLSelectElement>("combobox", "x");
  expect(textOf(x)).toContain("Choose the inputs.");
  await page.choose(x, "x_train  (60000, 28, 28, 1)  float32");
  expect(edits()).toMatchObject([{ target: "fit", path: ["x"], value: { variable: "x_train" } }]);
});

test("fields by kind of value that cannot be edited", async () => {
  const f = { reference: "1", text: "<function swish>" };
  page = await BuilderPage.open({
    order: ["b"],
    layers: {
      b: { ...(await import("./fixture")).layer("b"), arguments: { units: f, activation: f } },
    },
  });
  await select("b");
  const units = page.get<HTMLInputElement>("textbox", "units");
  expect([units.readOnly, units.value]).toEqual([true, "<function swish>"]);
  const activation = page.get<HTMLSelectElement>("combobox", "activation");
  expect(activation.selectedOptions[0]!.textContent).toBe("<function swish>");
});

test("a refusal that arrives when another layer is shown appears at the top", async () => {
  page = await BuilderPage.open();
  await select("b");
  page.kernel.automatic = false;
  await page.type(page.get<HTMLInputElement>("textbox", "units"), "0");
  await page.settle(() => {
    page.get("textbox", "units").blur();
    page.cards[0]!.querySelector<HTMLElement>(".kw-b-title")!.click();
  });
  const message = "It must be at least 1.";
  await page.settle(() => page.kernel.answer(page.kernel.sent.at(-1)!, { ok: false, message }));
  const alerts = page.all("alert").map((each) => each.textContent);
  expect(alerts).toContain("units was not changed. It must be at least 1.");
});
