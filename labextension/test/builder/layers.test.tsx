// @vitest-environment jsdom
/** Tests of the list of layers: by keyboard alone, by mouse alone, and its accessible names. */

import { afterEach, expect, test } from "vitest";
import type { LayerState } from "../../src/builder/protocol";
import { layer, layers } from "./fixture";
import { BuilderPage, nameOf } from "./page";

let page: BuilderPage;
afterEach(() => page.close());

const card = (uid: string) => page.cards.find((each) => each.dataset.uid === uid)!;

test("each layer shows its class, its output shape and its size", async () => {
  page = await BuilderPage.open();
  expect(page.get("list", "Layers")).toBeTruthy();
  expect(nameOf(card("b"))).toBe("Dense, 128, relu, output (None, 128), 100,480 parameters");
  expect(nameOf(page.get("button", /^Input/))).toBe("Input, (None, 28, 28, 1) float32");
  const header = page.root.querySelector("header")!.textContent;
  expect(header).toContain("109,386 parameters · 427.3 kB · output (None, 10)");
});

test("an error is explained, with Keras's own text behind a disclosure", async () => {
  const change = (uid: string, more: Partial<LayerState>) => ({
    ...layers.find((each) => each.uid === uid)!,
    ...more,
  });
  const error = { text: "units is missing.", detail: "TypeError: …", parameter: "units" };
  page = await BuilderPage.open({
    order: ["a", "b", "f"],
    layers: {
      a: change("a", { status: "off", enabled: false }),
      b: change("b", { status: "error", error }),
      f: change("f", { status: "blocked" }),
    },
  });
  expect(nameOf(card("a"))).toBe("Flatten, disabled");
  expect(nameOf(card("b"))).toBe("Dense, 128, relu, error: units is missing.");
  expect(card("b").querySelector("details")!.textContent).toContain("TypeError");
  expect(nameOf(card("f"))).toBe("Dense, 10, softmax, blocked by the error above");
  expect(page.get("tab", "Layers").getAttribute("aria-description")).toBe(
    "1 problem or suggestion",
  );
  await page.click(card("b").querySelector<HTMLElement>(".kw-b-title")!);
  const field = page.get("textbox", "units");
  expect(field.getAttribute("aria-invalid")).toBe("true");
});

test("arrow keys walk through the cards, into blocks, and back to the input", async () => {
  page = await BuilderPage.open();
  expect(page.cards.filter((each) => each.tabIndex === 0)).toEqual([card("a")]);
  await page.key(page.get("button", /^Input/), "ArrowDown");
  expect([page.selected, page.focused]).toEqual(["a", "a"]);
  await page.key(card("a"), "End");
  expect(page.focused).toBe("f");
  await page.key(card("f"), "ArrowUp");
  expect([page.selected, page.focused]).toEqual(["e", "e"]);
  await page.key(card("e"), "ArrowLeft");
  expect(page.focused).toBe("c");
  await page.key(card("c"), "ArrowLeft");
  expect(page.order).toBe("a b c f");
  await page.key(card("c"), "ArrowRight");
  expect(page.order).toBe("a b c d e f");
  await page.key(card("c"), "Home");
  await page.key(card("a"), "ArrowUp");
  expect([page.selected, page.focused]).toEqual(["input", "input"]);
  expect(page.get("textbox", "shape")).toBeTruthy();
});

test("keys act on the card, and end in the region", async () => {
  page = await BuilderPage.open();
  expect(await page.key(card("b"), "d")).toBe(false);
  await page.key(card("b"), "ArrowUp", { altKey: true });
  expect(page.kernel.of("edit").at(-1)).toEqual({
    action: "move",
    uid: "b",
    parent: null,
    index: 0,
    before: "a",
  });
  expect([page.order, page.selected, page.focused]).toEqual(["b a c d e f", "b", "b"]);
  await page.key(card("b"), "d", { ctrlKey: true });
  const copy = page.selected!;
  expect(page.order).toBe(`b ${copy} a c d e f`);
  await page.key(card(copy), "Delete");
  expect([page.order, page.selected, page.focused]).toEqual(["b a c d e f", "a", "a"]);
  expect(page.get("status").textContent).toBe("Dense deleted");
});

test("keys act on what the page shows, in order, while the kernel is busy", async () => {
  page = await BuilderPage.open();
  page.kernel.automatic = false;
  const press = (key: string, more: KeyboardEventInit = {}) =>
    page.key(document.activeElement as HTMLElement, key, more);
  card("a").focus();
  await press("ArrowDown", { altKey: true });
  expect([page.order, page.focused]).toEqual(["b a c d e f", "a"]);
  await press("ArrowDown");
  await press("ArrowDown");
  expect(page.focused).toBe("d");
  await press("Delete");
  expect([page.order, page.selected, page.focused]).toEqual(["b a c e f", "e", "e"]);
  await press("d", { ctrlKey: true });
  const copy = page.focused!;
  await press("ArrowUp", { altKey: true });
  expect(page.order).toBe(`b a c ${copy} e f`);
  const field = page.get<HTMLInputElement>("combobox", "Add layer");
  await page.type(field, "dense 5");
  await page.key(field, "Enter");
  await page.type(field, "dropout");
  await page.key(field, "Enter");
  const shown = page.order;
  expect(nameOf(card(page.selected!))).toBe("Dropout, shape not known");
  // Where the focus is stays, and so does what the page shows, when the kernel has answered.
  await page.settle(() => page.kernel.catchUp());
  expect([page.order, document.activeElement]).toEqual([shown, field]);
  expect(page.kernel.of("edit").map(({ action }) => action)).toEqual([
    ...["move", "remove", "duplicate", "move", "add", "add"],
  ]);
});

test("what a busy kernel then refuses is taken back, and the rest stays", async () => {
  page = await BuilderPage.open();
  page.kernel.automatic = false;
  await page.key(card("a"), "Delete");
  await page.key(card("b"), "Delete");
  expect(page.order).toBe("c d e f");
  const [first, second] = page.kernel.sent.filter(({ kind }) => kind === "edit");
  await page.settle(() => page.kernel.answer(first!, { ok: false, message: "No." }));
  expect(page.order).toBe("a c d e f");
  expect(page.all("alert").map((each) => each.textContent)).toContain("No.");
  await page.settle(() => {
    page.kernel.update({ order: ["a", "c", "f"] });
    page.kernel.answer(second!, { ok: true });
  });
  expect(page.order).toBe("a c d e f");
});

test("the buttons of a card do the same", async () => {
  page = await BuilderPage.open();
  const press = (uid: string, name: string) => {
    const head = card(uid).querySelector(".kw-b-card")!;
    return page.click(page.get("button", name, head));
  };
  await press("a", "Move down");
  expect(page.order).toBe("b a c d e f");
  await press("a", "Disable");
  expect(page.get("status").textContent).toBe("Flatten disabled");
  await press("a", "Enable");
  await press("e", "Delete");
  expect([page.order, page.selected]).toEqual(["b a c d f", "d"]);
  await press("c", "Fold");
  expect(page.order).toBe("b a c f");
});

test("undo and redo by button and by keys, but not while typing", async () => {
  page = await BuilderPage.open();
  expect((page.get("button", "Redo") as HTMLButtonElement).disabled).toBe(true);
  expect(page.get("button", "Undo").title).toBe("Undo: Add Dense");
  await page.click(page.get("button", "Undo"));
  await page.key(card("a"), "z", { ctrlKey: true });
  expect(page.kernel.of("edit")).toEqual([{ action: "undo" }, { action: "undo" }]);
  const field = page.get<HTMLInputElement>("combobox", "Add layer");
  await page.type(field, "den");
  await page.key(field, "z", { ctrlKey: true });
  expect(page.kernel.of("edit")).toHaveLength(2);
});

test("a refused edit is reported, and changes nothing", async () => {
  page = await BuilderPage.open();
  page.kernel.refusal = "A block cannot be moved into itself.";
  await page.key(card("b"), "ArrowDown", { altKey: true });
  const alerts = page.all("alert").map((each) => each.textContent);
  expect(alerts).toContain("A block cannot be moved into itself.");
});

test("a card is drawn again only when its layer changes", async () => {
  page = await BuilderPage.open();
  const before = card("a").firstElementChild!;
  before.setAttribute("data-seen", "");
  await page.settle(() => page.kernel.update({ layers: { b: layer("b", { summary: "1" }) } }));
  expect(card("a").firstElementChild!.hasAttribute("data-seen")).toBe(true);
  expect(nameOf(card("b"))).toMatch(/^Dense, 1,/);
});

test("without layers there are templates", async () => {
  page = await BuilderPage.open({ order: [], layers: {} });
  await page.click(page.get("button", /^Classifier for images/));
  expect(page.kernel.of("edit")).toEqual([{ action: "template", name: "cnn" }]);
});

test("advice is shown with its fix, and links to its layer", async () => {
  const advice = [
    { id: "1", level: "warning", title: "Ten", text: "Why.", target: "f", fix: "Set 12" },
    { id: "2", level: "error", title: "Loss", text: "Why.", target: "compile", fix: null },
  ] as const;
  page = await BuilderPage.open({ advice: [...advice] });
  await page.click(page.get("button", "Set 12"));
  expect(page.kernel.of("edit")).toEqual([{ action: "fix", advice: "1" }]);
  await page.click(page.get("button", "Ten"));
  expect(page.selected).toBe("f");
  await page.click(page.get("tab", "Compile"));
  expect(page.get("list", "Advice").textContent).toContain("Loss");
});

test("when the kernel is gone the model stays, with a notice", async () => {
  page = await BuilderPage.open();
  await page.settle(() => page.kernel.lose());
  expect(page.root.textContent).toContain("The kernel is no longer available");
  await page.key(card("a"), "Delete");
  expect(page.kernel.of("edit")).toEqual([]);
});

test("much advice is folded, and the focus stays in the view when a fix disappears", async () => {
  const advice = Array.from({ length: 6 }, (_, i) => ({
    id: String(i),
    level: "tip" as const,
    title: `Tip ${i}`,
    text: "",
    target: null,
    fix: "Mend it",
  }));
  page = await BuilderPage.open({ advice });
  expect(page.all("button", "Mend it")).toHaveLength(3);
  await page.click(page.get("button", "Show 3 more"));
  expect(page.all("button", "Mend it")).toHaveLength(6);
  page.all("button", "Mend it")[0]!.focus();
  await page.settle(() => page.kernel.update({ advice: [] }));
  expect(document.activeElement).toBe(page.get("tab", "Layers"));
});

test("templates are in a menu once there are layers", async () => {
  page = await BuilderPage.open();
  const button = page.get("button", "Templates");
  await page.click(button);
  const [first, second] = page.all("menuitem");
  expect(document.activeElement).toBe(first);
  await page.key(first!, "ArrowDown");
  expect(document.activeElement).toBe(second);
  await page.key(second!, "Escape");
  expect([page.all("menuitem").length, document.activeElement]).toEqual([0, button]);
  await page.click(button);
  await page.click(page.get("menuitem", /^Classifier for text/));
  expect(page.kernel.of("edit")).toEqual([{ action: "template", name: "text" }]);
});

test("the page receives the key that saves the notebook, and no letter", async () => {
  page = await BuilderPage.open();
  expect(await page.key(card("a"), "s", { ctrlKey: true })).toBe(true);
  expect(await page.key(card("a"), "s")).toBe(false);
});
