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
    {
      ...{ action: "add", uid: page.selected, class_name: "keras.layers.Dropout", arguments: {} },
      ...{ parent: null, index: 2, before: "c" },
    },
  ]);
  expect(field.value).toBe("");
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
  const [first, second] = edits().map(({ uid }) => uid);
  expect(page.order).toBe(`a b c d e f ${first} ${second}`);
});

test("layers added one right after the other stay in order, however slow the kernel", async () => {
  page.kernel.automatic = false;
  for (const text of ["dnse", "flatten"]) {
    await page.type(field, text);
    await page.key(field, "Enter");
  }
  const [refused, added] = edits().map(({ uid }) => uid);
  expect(page.order).toBe(`a b c d e f ${refused} ${added}`);
  expect(page.selected).toBe(added);
  await page.settle(() => page.kernel.catchUp());
  expect(page.order).toBe(`a b c d e f ${added}`);
  expect([page.selected, field.value]).toEqual([added, "dnse"]);
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
