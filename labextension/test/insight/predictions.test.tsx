// @vitest-environment jsdom
/** Tests of the Predictions tab, by role and name; layout is tested in a browser. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { wireProgress } from "../live/messages";
import {
  classesTable,
  details,
  part,
  pictures,
  predictions,
  sample,
  sampleDetails,
  TASKS,
} from "./fixture";
import { Page } from "./page";

let page: Page;

beforeEach(() => {
  page = new Page(true);
});

afterEach(() => {
  page.close();
  vi.useRealTimers();
});

async function show(task = "classification", tab?: "predictions"): Promise<void> {
  await page.open();
  await page.give("pictures", pictures());
  await page.give("predictions", TASKS[task]!());
  await page.click(`[role=tab][id$=-${tab ?? "predictions"}]`);
}

const tabs = () => page.all("[role=tab]");
const selected = () => page.one("[role=tab][aria-selected=true]").getAttribute("aria-label");
const cell = (row: number, column: number) => page.one(`td[data-cell="${row},${column}"]`);
const tiles = () => page.all(".kw-i-samples > ul button");

test("tabs come with the first part of a fit; arrows move and select, Home and End too", async () => {
  await page.open();
  expect(tabs()).toEqual([]);
  await page.give("predictions", TASKS.waiting!());
  expect(page.one("[role=tablist]").getAttribute("aria-label")).toBe("Views of this training");
  expect(tabs().map((tab) => tab.tabIndex)).toEqual([0, -1, -1, -1]);
  await page.focus(tabs()[0]!);
  await page.press("ArrowRight");
  expect(selected()).toBe("Predictions");
  expect(page.focused).toBe(tabs()[1]);
  const panel = document.getElementById(tabs()[1]!.getAttribute("aria-controls")!)!;
  expect(panel.getAttribute("aria-labelledby")).toBe(tabs()[1]!.id);
  expect(panel.textContent).toContain("Appears after the first epoch's validation.");
  await page.press("End");
  expect(selected()).toBe("Data");
  await page.press("ArrowRight");
  expect(selected()).toBe("Curves");
  await page.press("Home");
  expect(tabs().map((tab) => tab.tabIndex)).toEqual([0, -1, -1, -1]);
});

test("header, progress and controls stay above all tabs", async () => {
  await show();
  expect(page.one("[role=progressbar]")).toBeTruthy();
  expect(page.named("button", "Pause")).toBeTruthy();
  expect(page.one("[role=tabpanel][id$=curves-panel]").hidden).toBe(true);
});

test("an open tab is watched: at first, every few seconds, and not while the page is hidden", async () => {
  vi.useFakeTimers();
  await show();
  expect(page.asked("watch")).toEqual([{ request: "watch", tab: "predictions" }]);
  vi.advanceTimersByTime(10_500);
  expect(page.asked("watch")).toHaveLength(3);
  const hidden = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  vi.advanceTimersByTime(20_000);
  expect(page.asked("watch")).toHaveLength(3);
  hidden.mockReturnValue("visible");
  document.dispatchEvent(new Event("visibilitychange"));
  expect(page.asked("watch")).toHaveLength(4);
  hidden.mockRestore();
  await page.click("[role=tab][id$=-curves]");
  vi.advanceTimersByTime(20_000);
  expect(page.asked("watch")).toHaveLength(4);
});

test("a view without pictures says that it was just opened", async () => {
  await page.open();
  await page.give("predictions", TASKS.classification!());
  await page.click("[role=tab][id$=-predictions]");
  expect(page.asked("watch")[0]).toMatchObject({ first: true });
  vi.useFakeTimers();
  await page.click("[role=tab][id$=-layers]");
  vi.advanceTimersByTime(5_500);
  expect(page.asked("watch").map(({ first }) => first)).toEqual([true, true, undefined]);
});

test("pictures that were sent while the page was not connected are asked for once", async () => {
  vi.useFakeTimers();
  await show();
  const looks = { kind: "picture", picture: "lost" };
  await page.give("predictions", {
    ...TASKS.classification!(),
    details: details({ mistakes: [sample(1, { looks })] }),
  });
  expect(page.asked("watch").map(({ first }) => first)).toEqual([undefined, true]);
  vi.advanceTimersByTime(10_500);
  expect(page.asked("watch").map(({ first }) => first)).toEqual([
    ...[undefined, true, undefined, undefined],
  ]);
});

test("the line on top has the figures with their changes", async () => {
  await show();
  expect(page.one(".kw-i-facts").textContent).toBe(
    "Validation after epoch 7 of 2010,000 samplesaccuracy 0.934 (+0.012)loss 0.213 (−0.031)",
  );
  expect(page.one(".kw-i-bar").textContent).toContain("SparseCategoricalCrossentropy");
  const announced = page.one(".kw-i > [aria-live=polite]").textContent;
  expect(announced).toBe("Epoch 7: accuracy 0.934; most confused: 5 as 3, 8 times");
  await page.give("predictions", predictions());
  expect(page.one(".kw-i > [aria-live=polite]").textContent).toBe(announced);
});

test("an evaluation opens on its predictions, and has no learning rate", async () => {
  page.close();
  page = new Page(true, { progress: wireProgress({ status: "finished" }) });
  await page.open();
  expect(page.root.textContent).toContain("Learning rate");
  await page.give("predictions", predictions({ source: "evaluate" }));
  expect(page.named("[role=tab]", "Predictions").getAttribute("aria-selected")).toBe("true");
  expect(page.root.textContent).not.toContain("Learning rate");
  await page.click("[role=tab][id$=-curves]");
  expect(page.named("[role=tab]", "Curves").getAttribute("aria-selected")).toBe("true");
  const legend = [...page.root.querySelectorAll(".kw-legend li")];
  expect(legend.map(({ textContent }) => textContent)).toEqual(["evaluation"]);
});

test("training samples are called so", async () => {
  await show("training");
  expect(page.one(".kw-i-facts").textContent).toMatch(/^Training data, seen in training/);
});

test("epochs can be walked; without moving, the newest is shown", async () => {
  await show();
  const slider = () => page.named<HTMLInputElement>("input", "Epoch shown");
  expect(slider().getAttribute("aria-valuetext")).toBe("epoch 7");
  await page.click("button", "Previous epoch");
  expect(page.asked("watch").at(-1)).toMatchObject({ epoch: 6, tab: "predictions" });
  expect(page.one(".kw-i-details").getAttribute("aria-busy")).toBe("true");
  await page.give("predictions", {
    ...TASKS.classification!(),
    epoch: 6,
    samples: 66,
  });
  expect(page.one(".kw-i-details").getAttribute("aria-busy")).toBe("false");
  expect(page.one(".kw-i-facts").textContent).toContain("66 samples");
  // Both epochs are known now: no further question is needed to show them.
  await page.click("button", "Next epoch");
  expect(page.one(".kw-i-facts").textContent).toContain("epoch 7 of 20");
  const next = { ...TASKS.classification!(), epochs: [6, 7, 8], epoch: 8, samples: 88 };
  await page.give("predictions", next);
  expect(page.one(".kw-i-facts").textContent).toContain("88 samples");
  await page.input(slider(), "0");
  await page.give("predictions", { ...next, epochs: [6, 7, 8, 9], epoch: 9 });
  expect(slider().getAttribute("aria-valuetext")).toBe("epoch 6");
  await page.click("button", "Latest");
  expect(slider().getAttribute("aria-valuetext")).toBe("epoch 9");
});

test("the matrix is a grid with one stop; arrows, Home and End move in it", async () => {
  await show();
  const grid = page.one("[role=grid]");
  expect(grid.getAttribute("aria-label")).toBe(
    "Confusion matrix, rows true class, columns predicted class",
  );
  expect(page.all("[role=gridcell][tabindex='0']")).toEqual([cell(0, 0)]);
  await page.focus(cell(0, 0));
  await page.press("ArrowDown");
  await page.press("End");
  expect(page.focused).toBe(cell(1, 9));
  await page.press("Home", { ctrlKey: true });
  await page.press("ArrowLeft");
  expect(page.focused).toBe(cell(0, 0));
  await page.press("End", { ctrlKey: true });
  expect(page.focused).toBe(cell(9, 9));
  expect(page.all("[role=gridcell][tabindex='0']")).toEqual([cell(9, 9)]);
});

test("Enter on a cell lists its samples, Escape lists the worst again", async () => {
  await show();
  expect(cell(5, 3).getAttribute("aria-label")).toBe("true 5, predicted 3: 8 of 101, 7.9 %");
  await page.focus(cell(5, 3));
  await page.press("Enter");
  expect(page.asked("show_samples")).toEqual([
    { request: "show_samples", output: "output", epoch: 7, true: 5, predicted: 3 },
  ]);
  expect(cell(5, 3).getAttribute("aria-selected")).toBe("true");
  const answer = { output: "output", epoch: 7, true: 5, predicted: 3, count: 8 };
  await page.give("samples", { ...answer, true: 1, samples: [sample(9)] });
  expect(tiles()).toHaveLength(0);
  await page.give("samples", { ...answer, samples: [sample(1), sample(2)] });
  expect(tiles()).toHaveLength(2);
  expect(page.named("[role=list]", "True 5, predicted 3: 2 of 8")).toBeTruthy();
  await page.press("Escape");
  expect(page.named("[role=list]", "Worst mistakes, 24 of 661")).toBeTruthy();
  expect(tiles()).toHaveLength(24);
});

test("the focus stays among the samples when the one that had it goes", async () => {
  await show();
  await page.click('td[data-cell="5,3"]');
  const answer = { output: "output", epoch: 7, true: 5, predicted: 3, count: 8 };
  await page.give("samples", { ...answer, samples: [sample(201), sample(202)] });
  await page.focus(tiles()[1]!);
  await page.press("Escape");
  expect(tiles()).toHaveLength(24);
  expect(page.focused).toBe(tiles()[0]);
});

test("the matrix shows counts, shares, and changes", async () => {
  await show();
  expect(cell(5, 3).textContent).toBe("8");
  const [, shares, change] = page.all<HTMLInputElement>(".kw-i-matrix-box input");
  await page.input(shares!, "on");
  expect(cell(5, 3).textContent).toBe("7.9");
  await page.input(change!, "on");
  expect(cell(0, 0).textContent).toBe("−2");
  expect(cell(0, 0).getAttribute("aria-label")).toContain("−2 since the last epoch");
});

test("more than 30 classes have a list of the most confused", async () => {
  await show("many");
  expect(page.all("[role=grid]")).toEqual([]);
  const rows = page.all("table[aria-label='Most confused'] tbody tr");
  expect(rows.length).toBeGreaterThan(10);
  await page.click("table[aria-label='Most confused'] tbody tr:first-child button");
  expect(page.asked("show_samples")[0]).toMatchObject({ true: 0, predicted: 44 });
});

test("the classes are sorted by a click, the lowest recall first", async () => {
  await show("names");
  const names = () =>
    page.all("table[aria-label=Classes] tbody th").map((header) => header.textContent);
  const sorted = () => page.one("th[aria-sort]:not([aria-sort=none])");
  expect(names()[0]).toBe("Dress");
  expect(sorted().textContent).toBe("recall");
  expect(sorted().getAttribute("aria-sort")).toBe("ascending");
  await page.click("table[aria-label=Classes] button", "class");
  expect(names()[0]).toBe("Ankle boot");
  await page.click("table[aria-label=Classes] button", "class");
  expect(sorted().getAttribute("aria-sort")).toBe("descending");
  expect(names()[0]).toBe("Trouser");
  await page.click("table[aria-label=Classes] button", "Coat");
  expect(page.asked("show_samples")[0]).toEqual({
    request: "show_samples",
    output: "output",
    epoch: 7,
    true: 4,
  });
});

test("rows stay in place while the pointer or the focus is among them", async () => {
  await show("names");
  const table = () => page.one("table[aria-label=Classes]").closest("section")!;
  const first = () => page.all("table[aria-label=Classes] tbody th")[0]!.textContent;
  const worse = { recall: Array.from({ length: 10 }, (_, i) => (i === 8 ? 0.1 : 0.9)) };
  const next = (change: Record<string, unknown>) =>
    predictions({
      epoch: 8,
      epochs: [7, 8],
      details: details({ classes: classesTable([..."abcdefghij"], change) }),
    });
  await page.fire(table(), new Event("pointerenter"));
  await page.give("predictions", next(worse));
  expect(first()).toBe("Dress");
  expect(table().textContent).toContain("Newer numbers wait until you leave the table.");
  await page.fire(table(), new Event("pointerleave"));
  expect(first()).toBe("i");
  await page.focus(tiles()[3]!);
  await page.press("ArrowRight");
  expect(page.one(".kw-i-samples").textContent).not.toContain("Newer samples wait");
  const before = tiles().map((tile) => tile.getAttribute("aria-label"));
  await page.give("predictions", {
    ...next(worse),
    epoch: 9,
    epochs: [7, 8, 9],
    details: details({ mistakes: [sample(77)] }),
  });
  expect(tiles().map((tile) => tile.getAttribute("aria-label"))).toEqual(before);
  expect(page.one(".kw-i-samples").textContent).toContain("Newer samples wait");
  await page.focus(page.named("button", "Previous epoch"));
  expect(tiles()).toHaveLength(1);
});

test("a threshold is applied in the view", async () => {
  await show("binary");
  const slider = page.one<HTMLInputElement>(".kw-i-threshold input");
  const recall = () => {
    const rows = page.all("table[aria-label=Classes] tbody tr");
    return rows.find((row) => row.textContent!.startsWith("positive"))!.children[3]!.textContent;
  };
  await page.input(slider, "0.05");
  expect(recall()).toBe("1.000");
  await page.input(slider, "0.95");
  expect(recall()).toBe("0.190");
  expect(page.one(".kw-i-threshold b").textContent).toBe("0.95");
  expect(page.all(".kw-i-matrix td").map((each) => each.textContent)).toHaveLength(4);
  await page.click("button", "Reset to 0.50");
  expect(slider.value).toBe("0.5");
});

test("the task can be changed, and a refusal is said", async () => {
  await show();
  page.reply = { ok: false, message: "The shapes do not allow that." };
  await page.input(page.one(".kw-i-choices select"), "regression");
  expect(page.asked("set_task")).toEqual([
    { request: "set_task", output: "output", task: "regression" },
  ]);
  expect(page.named("[role=status]", "The shapes do not allow that.")).toBeTruthy();
});

test("one of several outputs can be chosen", async () => {
  await show("regression");
  await page.input(page.one(".kw-i-choices label:first-of-type select"), "days");
  expect(page.asked("watch").at(-1)).toMatchObject({ output: "days" });
});

test("a mistake opens at large: classes, loss over the epochs, code, and why", async () => {
  await show();
  await page.focus(tiles()[0]!);
  await page.press("ArrowRight");
  expect(page.focused).toBe(tiles()[1]);
  expect(
    tiles()
      .map((tile) => tile.tabIndex)
      .filter((index) => index === 0),
  ).toHaveLength(1);
  await page.press("Home");
  const opener = tiles()[0]!;
  await page.click(".kw-i-samples > ul li:first-child button");
  const dialog = page.one<HTMLDialogElement>("dialog");
  expect(page.asked("show_sample")).toEqual([{ request: "show_sample", sample: "v0" }]);
  await page.give("sample", sampleDetails(sample(0)));
  expect(dialog.querySelector("h3")!.textContent).toBe(
    "Sample 35: predicted 9 with 98 %, true 4, loss 7.1",
  );
  expect(page.all("table[aria-label='Most probable classes'] tr")).toHaveLength(5);
  expect(dialog.querySelector("svg[role=img]")!.getAttribute("aria-label")).toContain(
    "1.2 in epoch 1, 7.1 in epoch 7",
  );
  expect(page.named("button", "Copy: x_test[35]")).toBeTruthy();
  await page.click("button", "Why this prediction?");
  expect(page.asked("explain")).toEqual([{ request: "explain", sample: "v0" }]);
  const explanation = {
    method: "grad_cam",
    text: { key: "the upper loop", values: [] },
    picture: "p3",
  };
  await page.give("sample", sampleDetails(sample(0), { explanation }));
  expect(dialog.textContent).toContain("Grad-CAM: the upper loop");
  await page.click("button", "Close");
  expect(page.all("dialog")).toEqual([]);
  expect(page.focused).toBe(opener);
});

test("text and names of samples are text", async () => {
  await show("binary");
  expect(page.all(".kw-i-list b")).toEqual([]);
  expect(page.all(".kw-i-tile")[0]!.textContent).toContain("A <b>film</b>");
});

test("masks and boxes are drawn over the picture, until the key O hides them", async () => {
  await show("boxes");
  const boxes = () => page.all(".kw-i-samples > ul rect").length;
  expect(boxes()).toBe(12);
  await page.focus(tiles()[0]!);
  await page.press("o");
  expect(boxes()).toBe(0);
  expect(page.named("button", "Overlay").getAttribute("aria-pressed")).toBe("false");
});

test("a sound is played only if its rate is known", async () => {
  await show("sound");
  await page.click(".kw-i-samples > ul li:first-child button");
  expect(page.named("dialog button", "Play sound")).toBeTruthy();
  await page.click("button", "Close");
  const { sample_rate: _, ...looks } = {
    kind: "sound",
    series: [[0, 1, 0]],
    sample_rate: 8000,
  };
  await page.give("predictions", {
    ...TASKS.sound!(),
    details: details({ mistakes: [sample(1, { looks })] }),
  });
  await page.focus(page.named("button", "Previous epoch"));
  await page.click(".kw-i-samples > ul li:first-child button");
  expect(page.all("dialog button").map((button) => button.textContent)).not.toContain("Play sound");
});

test("without validation data, training samples can be looked at", async () => {
  await show("missing");
  expect(page.one(".kw-i-empty").textContent).toBe(
    "This fit has no validation data. Pass validation_split=0.1, or look at 500 training samples.Look",
  );
  await page.click("button", "Look at 500 training samples");
  expect(page.asked("look_at_training_samples")).toHaveLength(1);
});

test("a fit whose predictions are not seen says why", async () => {
  await show("off");
  expect(page.one(".kw-i-empty").textContent).toContain(
    "The model's own evaluate keeps its predictions to itself.",
  );
});

test("a saved output shows the same tabs, without requests", async () => {
  page.close();
  const insight = [
    ...["pictures", "predictions"].map((name) => {
      const value = name === "pictures" ? pictures() : TASKS.names!();
      return part(name, value).payload;
    }),
  ];
  page = new Page(false, { insight });
  await page.open("predictions");
  expect(page.named("[role=list]", "Worst mistakes, 24 of 661")).toBeTruthy();
  await page.click('td[data-cell="3,4"]');
  expect(page.one(".kw-i-samples h3").textContent).toBe("True Dress, predicted Coat: 0 saved");
  await page.click('td[data-cell="3,4"]');
  await page.click(".kw-i-samples > ul li:first-child button");
  expect(page.all("dialog button").map((button) => button.textContent)).not.toContain(
    "Why this prediction?",
  );
  expect(page.requests).toEqual([]);
});

test("the names of the classes are one stop; arrows move among them", async () => {
  await show("names");
  const names = () => page.all<HTMLButtonElement>("table[aria-label=Classes] tbody th button");
  const stops = () => names().filter(({ tabIndex }) => tabIndex === 0);
  expect(stops()).toEqual([names()[0]]);
  await page.focus(names()[0]!);
  await page.press("ArrowDown");
  expect(page.focused).toBe(names()[1]);
  await page.press("End");
  expect(page.focused).toBe(names().at(-1));
  expect(stops()).toEqual([names().at(-1)]);
});
