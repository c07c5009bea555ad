// @vitest-environment jsdom
/** Tests of the tabs Layers and Data, and axe on each tab; layout is tested in a browser. */

import axe from "axe-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TabName } from "../../src/insight/protocol";
import { partsToSave } from "../../src/insight/saved";
import { InsightStore } from "../../src/insight/store";
import { data, layers, measuredLayers, part, pictures, sampleDetails, TASKS } from "./fixture";
import { Page } from "./page";

let page: Page;

beforeEach(() => {
  page = new Page(true);
});

afterEach(() => page.close());

async function show(tab: TabName, name: string, value: unknown): Promise<void> {
  await page.open();
  await page.give("pictures", pictures());
  await page.give(name, value);
  await page.click(`[role=tab][id$=-${tab}]`);
}

const rows = (table: string) =>
  page.all(`table[aria-label='${table}'] > tbody > tr`).map((row) => row.textContent);

test("each layer has its norm, update, gradient and zeros, with a word where it is unusual", async () => {
  await show("layers", "layers", layers());
  expect(page.named("tr th", "conv2d Conv2D")).toBeTruthy();
  expect(rows("Layers")).toEqual([
    expect.stringContaining("0.0012"),
    expect.stringContaining("8.1e-4"),
    expect.stringContaining("large0.023"),
    expect.stringContaining("tiny4.1e-7"),
    expect.stringContaining("–"),
  ]);
  expect(page.one(".kw-tab-badge").dataset.count).toBe("1");
  expect(page.named("[role=tab]", "Layers").getAttribute("aria-description")).toBe("1 finding");
});

test("a row of the layers opens to its histograms over time", async () => {
  await show("layers", "layers", layers());
  await page.click("th button", "dense");
  expect(page.one(".kw-i-ridge").getAttribute("aria-label")).toBe(
    "Weights of dense in the last 12 readings, from −0.61 to 0.63",
  );
  expect(page.one(".kw-i-open").textContent).toContain("from 4,096 of 1,024,000 values");
});

test("gradients and activations are measured on demand", async () => {
  await show("layers", "layers", layers());
  expect(page.one(".kw-i").textContent).toContain("takes a few seconds once");
  await page.click("button", "Measure gradients and activations");
  expect(page.asked("measure_layers")).toHaveLength(1);
  await page.give("layers", layers({ measure: "preparing" }));
  expect(page.named("button", "Preparing…").getAttribute("aria-busy")).toBe("true");
  await page.give("layers", measuredLayers());
  expect(rows("Layers")[3]).toContain("75 % many");
});

test("layers before two readings, and layers that cannot be read", async () => {
  await show("layers", "layers", layers({ state: "waiting" }));
  expect(page.one(".kw-i-empty").textContent).toBe("First reading in 2 s");
  const reason = { key: "The model is compiled by torch.compile.", values: [] };
  await page.give("layers", layers({ state: "off", reason }));
  expect(page.one(".kw-i-empty").textContent).toContain(reason.key);
});

test("findings come worst first, with their rows, and can be dismissed", async () => {
  await show("data", "data", data());
  const findings = page.all("ul[aria-label=Findings] > li");
  expect(findings.map((item) => item.dataset.level)).toEqual(["error", "warning", "hint"]);
  expect(findings[1]!.textContent).toContain("x_val = x_val / 255");
  await page.click("button", "Show rows: x has NaN");
  expect(findings[0]!.textContent).toContain("Rows 4 · 8 · 15");
  await page.click("button", "Dismiss: x has NaN");
  expect(page.asked("dismiss_finding")).toEqual([{ request: "dismiss_finding", finding: "nan" }]);
  await page.focus(page.named("button", "Dismiss: x has NaN"));
  await page.give("data", data({ findings: data().findings.filter(({ id }) => id !== "nan") }));
  expect(page.focused?.getAttribute("aria-label")).toMatch(/^(Copy|Dismiss): /);
});

test("the data have a balance, ranges and samples, and are looked at again", async () => {
  await show("data", "data", data({ part_of: { key: "first %1 batches", values: ["8"] } }));
  expect(rows("Balance of the classes")[8]).toBe("8210.4 %0missing");
  expect(rows("Ranges")[0]).toBe("x_traintraining(60000, 28, 28)float32010.13 ± 0.313 !0");
  expect(page.one(".kw-i").textContent).toContain("Looked at: first 8 batches");
  expect(page.named("[role=list][aria-label=Samples] button", "Sample 35: true 0")).toBeTruthy();
  await page.click("button", "Look again");
  expect(page.asked("look_at_data")).toHaveLength(1);
});

test("a page that lacks the pictures of the data asks for them once, also if it has others", async () => {
  await show("data", "data", data());
  expect(page.asked("watch").map(({ first }) => first)).toEqual([undefined]);
  const samples = data().samples.map((each) => ({
    ...each,
    looks: { kind: "picture", picture: "lost" },
  }));
  await page.give("data", data({ samples }));
  await page.give("data", data({ samples }));
  expect(page.asked("watch").map(({ first }) => first)).toEqual([undefined, true]);
});

test("a fix of several lines keeps them, and the name of a layer is said once", async () => {
  const [scale] = data().findings;
  const code = "mean = x.mean()\nx = x - mean";
  const named = { id: "nan", code: "", rows: [], title: "NaN first appears in the layer log" };
  const findings = [
    { ...scale!, code },
    { ...scale!, ...named, where: "log" },
    { ...scale!, ...named, id: "lo", where: "lo" },
  ];
  await show("data", "data", data({ findings }));
  const codes = page.all(".kw-i-finding code");
  expect(codes.map((each) => each.textContent)).toEqual([code, "lo"]);
  expect(codes[0]!.dataset.several).toBe("true");
});

test("data without findings are said to be without", async () => {
  await show("data", "data", data({ findings: [], dismissed: 2 }));
  expect(page.all(".kw-i h3")[0]!.textContent).toBe("No problems found by these checks");
  expect(page.one(".kw-i").textContent).toContain("2 findings dismissed");
});

test("what a page writes into a notebook is at most 40 kB, with the pictures that are shown", () => {
  const store = new InsightStore();
  for (const [name, value] of [
    ["pictures", pictures()],
    ["predictions", TASKS.classification!()],
    ["layers", layers()],
    ["data", data()],
  ] as const) {
    store.receive(part(name, value).payload);
  }
  const saved = partsToSave(store, 1);
  expect(saved.map(({ part }) => part)).toEqual(["predictions", "data", "layers", "pictures"]);
  expect(JSON.stringify(saved).length).toBeLessThan(41_000);
  const again = new InsightStore();
  again.receiveSaved(saved);
  expect(again.pictures.size).toBe(12);
  expect(again.has(1)).toBe(true);
});

test.each([
  ["classification", "predictions", "predictions", TASKS.classification!],
  ["regression", "predictions", "predictions", TASKS.regression!],
  ["layers", "layers", "layers", measuredLayers],
  ["data", "data", "data", data],
] as const)("axe finds nothing: %s", { timeout: 60_000 }, async (_, tab, name, make) => {
  await show(tab, name, make());
  for (const summary of page.all("summary")) summary.click();
  const tile = page.all(".kw-i-list button")[0];
  if (tile) {
    tile.click();
    await page.settle();
    await page.give("sample", sampleDetails());
  }
  // jsdom computes neither colours nor places.
  const rules = { "color-contrast": { enabled: false }, region: { enabled: false } };
  const { violations } = await axe.run(page.root, { rules, resultTypes: ["violations"] });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
});
