/** Tests of the tree of layers: neighbours, steps in and out of blocks, gaps to drop into. */

import { expect, test } from "vitest";
import { dropPlace, type ListBox, nearestSlot, slotsOf } from "../../src/builder/dropSlots";
import { highlight } from "../../src/builder/highlight";
import {
  isWithin,
  neighbourOf,
  placeOf,
  placeOneStep,
  placeToAdd,
  visibleRows,
} from "../../src/builder/layerTree";
import { state } from "./fixture";

// a, b, c(d, e), f
const tree = state();
const none = new Set<string>();

test("rows are the layers on screen", () => {
  expect(visibleRows(tree, none).join("")).toBe("abcdef");
  expect(visibleRows(tree, new Set(["c"])).join("")).toBe("abcf");
});

test("a new layer is added behind the selected one, into a selected block, or at the end", () => {
  expect(placeToAdd(tree, "b")).toEqual({ parent: null, index: 2, before: "c" });
  expect(placeToAdd(tree, "d")).toEqual({ parent: "c", index: 1, before: "e" });
  expect(placeToAdd(tree, "c")).toEqual({ parent: "c", index: null, before: null });
  expect(placeToAdd(tree, "input")).toEqual({ parent: null, index: 0, before: "a" });
  const atTheEnd = { parent: null, index: null, before: null };
  expect(placeToAdd(tree, null)).toEqual(atTheEnd);
  expect(placeToAdd(tree, "gone")).toEqual(atTheEnd);
});

test("steps go past neighbours, into open blocks and out of them", () => {
  expect(placeOneStep(tree, "b", -1, none)).toEqual({ parent: null, index: 0 });
  expect(placeOneStep(tree, "b", 1, none)).toEqual({ parent: "c", index: 0 });
  expect(placeOneStep(tree, "b", 1, new Set(["c"]))).toEqual({ parent: null, index: 2 });
  expect(placeOneStep(tree, "f", -1, none)).toEqual({ parent: "c", index: 2 });
  expect(placeOneStep(tree, "d", -1, none)).toEqual({ parent: null, index: 2 });
  expect(placeOneStep(tree, "e", 1, none)).toEqual({ parent: null, index: 3 });
  expect(placeOneStep(tree, "a", -1, none)).toBeNull();
  expect(placeOneStep(tree, "f", 1, none)).toBeNull();
});

test("after a deletion a neighbour is selected", () => {
  expect(["a", "f", "e"].map((uid) => neighbourOf(tree, uid))).toEqual(["b", "c", "d"]);
  expect(placeOf(tree, "e")).toEqual({ parent: "c", index: 1 });
  expect([isWithin(tree, "d", "c"), isWithin(tree, "f", "c")]).toEqual([true, false]);
});

// Cards of 40 pixels, 10 between them; the block's own list begins at 150.
const lists: ListBox[] = [
  {
    parent: null,
    x: 0,
    width: 300,
    top: 0,
    bottom: 300,
    cards: [
      { top: 0, bottom: 40 },
      { top: 50, bottom: 90 },
      { top: 100, bottom: 250 },
      { top: 260, bottom: 300 },
    ],
  },
  {
    parent: "c",
    x: 20,
    width: 280,
    top: 145,
    bottom: 250,
    cards: [
      { top: 150, bottom: 190 },
      { top: 200, bottom: 240 },
    ],
  },
];

test.each([
  [10, null, 0],
  [30, null, 1],
  [94, null, 2],
  [160, "c", 0],
  [196, "c", 1],
  [238, "c", 2],
  [256, null, 3],
  [900, null, 4],
])("the pointer at height %d means place %s %d", (y, parent, index) => {
  expect(nearestSlot(slotsOf(lists), 100, y)).toMatchObject({ parent, index });
});

test("an empty block has one gap", () => {
  const empty = { parent: "z", x: 0, width: 1, top: 10, bottom: 30, cards: [] };
  expect(slotsOf([empty])).toEqual([{ parent: "z", index: 0, x: 0, width: 1, y: 20 }]);
  expect(nearestSlot([], 0, 0)).toBeNull();
});

test("the wire's index does not count the moved layer", () => {
  const from = { parent: null, index: 1 };
  expect(dropPlace(from, { parent: null, index: 0 })).toEqual({ parent: null, index: 0 });
  expect(dropPlace(from, { parent: null, index: 3 })).toEqual({ parent: null, index: 2 });
  expect(dropPlace(from, { parent: "c", index: 2 })).toEqual({ parent: "c", index: 2 });
  expect(dropPlace(from, { parent: null, index: 1 })).toBeNull();
  expect(dropPlace(from, { parent: null, index: 2 })).toBeNull();
});

test("highlighting does not change the source", () => {
  const source = `import keras  # it's\nx = f"a\\"b", '''c\nd''', 1e-3, 0x1F, name2, None\n"open`;
  const tokens = highlight(source);
  expect(tokens.map(({ text }) => text).join("")).toBe(source);
  const of = (kind: string) => tokens.filter((t) => t.kind === kind).map((t) => t.text);
  expect(of("comment")).toEqual(["# it's"]);
  expect(of("string")).toEqual(['f"a\\"b"', "'''c\nd'''", '"open']);
  expect(of("number")).toEqual(["1e-3", "0x1F"]);
  expect(of("keyword")).toEqual(["import", "None"]);
});
