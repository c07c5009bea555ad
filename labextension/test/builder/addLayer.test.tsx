// @vitest-environment jsdom
/** Tests of the Add layer field, with a fast typist and a slow kernel. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BuilderPage, nameOf } from "./page";

let page: BuilderPage;
let field: HTMLInputElement;
beforeEach(async () => {
  page = await BuilderPage.open();
  field = page.get<HTMLInputElement>("combobox", "Add layer");
});
afterEach(() => page.close());

const options = () => page.all("option").map(nameOf);
const searched = async () => {
  await vi.waitFor(() => expect(page.all("option").length).toBeGreaterThan(0));
  await page.settle(() => {});
};
const edits = () => page.kernel.of("edit");

test("focus offers common layers, typing narrows them", async () => {
  await page.settle(() => field.focus());
  await searched();
  expect(field.getAttribute("aria-expanded")).toBe("true");
  expect(options()).toContain("Flatten, What Flatten does, in one sentence., Reshaping");
  expect(field.hasAttribute("aria-activedescendant")).toBe(false);
  await page.type(field, "d");
  await vi.waitFor(() => expect(page.kernel.of("search").at(-1)).toEqual({ text: "d" }));
  await page.settle(() => {});
  expect(options().map((name) => name.split(",")[0])).toEqual(["Dense", "Dropout"]);
  const active = document.getElementById(field.getAttribute("aria-activedescendant")!);
  expect(nameOf(active!)).toMatch(/^Dense/);
});

test("the active option is added by Enter, behind the selected layer", async () => {
  await page.click(page.cards[1]!.querySelector<HTMLElement>(".kw-b-title")!);
  await page.settle(() => field.focus());
  await page.type(field, "d");
  await vi.waitFor(() => expect(options()).toHaveLength(2));
  await page.key(field, "ArrowDown");
  await page.key(field, "Enter");
  expect(edits()).toEqual([
    { action: "add", class_name: "keras.layers.Dropout", arguments: {}, parent: null, index: 2 },
  ]);
  expect([field.value, page.selected]).toEqual(["", "new1"]);
  expect(document.activeElement).toBe(field);
  expect(page.all("option")).toEqual([]);
});

test("Enter does not wait for the search: the text itself is sent", async () => {
  await page.type(field, "dense 128 relu");
  await page.key(field, "Enter");
  await page.type(field, "flatten");
  await page.key(field, "Enter");
  expect(edits()).toMatchObject([
    { text: "dense 128 relu", parent: null, index: null },
    { text: "flatten", parent: null, index: 5 },
  ]);
  expect(page.order).toBe("a b c d e f new1 new2");
});

test("layers added one right after the other stay in order, however slow the kernel", async () => {
  page.kernel.automatic = false;
  await page.type(field, "dense");
  await page.key(field, "Enter");
  await page.type(field, "flatten");
  await page.key(field, "Enter");
  expect(edits()).toHaveLength(1);
  const [first] = page.kernel.sent.filter(({ kind }) => kind === "edit");
  await page.settle(() => page.kernel.answer(first!, { ok: true, result: { uid: "b" } }));
  expect(edits()[1]).toMatchObject({ text: "flatten", parent: null, index: 2 });
});

test("a click adds; Escape closes, then clears", async () => {
  await page.settle(() => field.focus());
  await page.type(field, "drop");
  await vi.waitFor(() => expect(options()).toHaveLength(1));
  await page.key(field, "Escape");
  expect([page.all("option").length, field.value]).toEqual([0, "drop"]);
  await page.key(field, "Escape");
  expect(field.value).toBe("");
  await page.key(field, "ArrowDown");
  await searched();
  await page.click(page.get("option", /^Conv2D/));
  expect(edits()).toMatchObject([{ class_name: "keras.layers.Conv2D" }]);
});

test("a text that cannot be added stays in the field, with the reason", async () => {
  await page.type(field, "dnse 3");
  await page.key(field, "Enter");
  expect(field.value).toBe("dnse 3");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  const message = document.getElementById(field.getAttribute("aria-describedby")!)!;
  expect([message.getAttribute("role"), message.textContent]).toEqual([
    "alert",
    "There is no layer called “dnse”.",
  ]);
});

test("a late answer to an earlier search is not shown", async () => {
  page.kernel.automatic = false;
  await page.settle(() => field.focus());
  await vi.waitFor(() => expect(page.kernel.of("search")).toHaveLength(1));
  await page.type(field, "d");
  await vi.waitFor(() => expect(page.kernel.of("search")).toHaveLength(2));
  const [early] = page.kernel.sent.filter(({ kind }) => kind === "search");
  const option = { class_name: "x", arguments: {}, title: "Late", detail: "", group: "" };
  await page.settle(() => page.kernel.answer(early!, { ok: true, result: { options: [option] } }));
  expect(page.all("option")).toEqual([]);
});
