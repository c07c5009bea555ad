/** Tests of what the store keeps of the kernel's parts and of those that a notebook saved. */

import { beforeEach, expect, test, vi } from "vitest";
import { readEpoch, readLayers, readPredictions } from "../../src/insight/readParts";
import { InsightStore } from "../../src/insight/store";
import { data, details, layers, PICTURE, part, pictures, predictions } from "./fixture";

let store: InsightStore;
const give = (name: string, value: unknown, fit = 1, isSaved = false) =>
  store.receive(part(name, value, fit).payload, isSaved);

beforeEach(() => {
  store = new InsightStore();
});

test("parts replace the same parts of the same fit", () => {
  give("predictions", predictions({ samples: 1 }));
  give("predictions", predictions({ samples: 2 }), 2);
  give("predictions", predictions({ samples: 3 }));
  expect(readPredictions(store, 1)!.samples).toBe(3);
  expect(readPredictions(store, 2)!.samples).toBe(2);
});

test("epochs with details stay, so that walking back to them needs no kernel", () => {
  for (const epoch of [5, 6]) give("predictions", predictions({ epoch, details: details() }));
  give("predictions", predictions({ epoch: 7 }));
  expect(readPredictions(store, 1)!.epoch).toBe(7);
  expect(readEpoch(store, 1, "output", 5)!.epoch).toBe(5);
  expect(readEpoch(store, 1, "output", 7)).toBeNull();
});

test("of many epochs, the latest ones stay", () => {
  for (let epoch = 1; epoch <= 40; epoch++) {
    give("predictions", predictions({ epoch, details: details() }));
  }
  expect(store.epoch(1, "output", 16)).toBeUndefined();
  expect(store.epoch(1, "output", 17)).toBeDefined();
});

test("a notebook's part does not replace what the page knows better", () => {
  give("predictions", predictions({ epoch: 7, details: details() }));
  give("layers", layers({ step: 99 }));
  give("predictions", predictions({ epoch: 7, details: details({ mistakes: [] }) }), 1, true);
  give("layers", layers({ step: 1 }), 1, true);
  expect(readEpoch(store, 1, "output", 7)!.details!.mistakes).toHaveLength(24);
  expect(readLayers(store, 1)!.step).toBe(99);
});

test("only pictures are taken as pictures", () => {
  give("pictures", { good: PICTURE, far: "https://example.org/a.png", script: "javascript:1" });
  expect([...store.pictures.keys()]).toEqual(["good"]);
  give("pictures", pictures());
  expect(store.pictures.size).toBe(15);
});

test.each([[null], [5], [{}], [{ part: "layers", fit: 1 }], [{ part: "toString", fit: 1 }]])(
  "%j changes nothing",
  (content) => {
    store.receive(content);
    store.receiveSaved(content);
    expect(store.has(1)).toBe(false);
  },
);

test("a part that cannot be read is reported once and shown as none", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  give("layers", layers({ state: "?" }));
  expect(readLayers(store, 1)).toBeNull();
  expect(readLayers(store, 1)).toBeNull();
  expect(warn).toHaveBeenCalledTimes(1);
});

test("findings are counted by tab, listeners are called, and a new run clears all", () => {
  const changed = vi.fn();
  const lifetime = new AbortController();
  store.subscribe(changed, lifetime.signal);
  give("data", data());
  expect(["predictions", "layers", "data"].map((name) => store.findings(1, name))).toEqual([
    0, 0, 3,
  ]);
  lifetime.abort();
  store.clear();
  give("predictions", predictions());
  expect(changed).toHaveBeenCalledTimes(1);
  expect(store.findings(1, "data")).toBe(0);
});
