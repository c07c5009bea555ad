/** Tests how trials are sorted, ranked and placed, and what a store asks a kernel for. */

import { expect, test } from "vitest";
import golden from "../../../../tests/golden/search.json";
import { parseAnswer, parseSavedSearch, RefusedError } from "../../../src/distributed/search/parse";
import type { Changes, Param } from "../../../src/distributed/search/protocol";
import type { SearchSource } from "../../../src/distributed/search/source";
import { SearchStore } from "../../../src/distributed/search/store";
import {
  bestHistory,
  placeOnAxis,
  ranks,
  robustRange,
  sortTrials,
} from "../../../src/distributed/search/trials";

const { trials } = parseSavedSearch(golden.saved);

test("trials without a value come last, whichever way they are sorted", () => {
  for (const descending of [true, false]) {
    const sorted = sortTrials(trials, { key: "value", descending });
    expect(sorted.slice(0, 2).map(({ number }) => number)).toEqual(descending ? [1, 0] : [0, 1]);
  }
  const byRate = sortTrials(trials, { key: "param:rate", descending: true });
  expect(byRate[0]?.number).toBe(5);
});

test("only complete trials are ranked", () => {
  expect([...ranks(trials, "minimize")]).toEqual([[0, 1]]);
  expect(bestHistory(trials, "minimize")).toEqual([[0, 0.5]]);
});

test("values have their place on linear, logarithmic and categorical axes", () => {
  const axis = (change: Partial<Param>): Param => ({
    name: "rate",
    low: 1,
    high: 100,
    log: false,
    choices: [],
    ...change,
  });
  expect(placeOnAxis(axis({ log: true }), 10)).toBeCloseTo(0.5);
  expect(placeOnAxis(axis({}), 50.5)).toBeCloseTo(0.5);
  expect(placeOnAxis(axis({ choices: ["a", null] }), null)).toBe(0.75);
  expect(placeOnAxis(axis({ choices: ["a"] }), "b")).toBeNull();
  expect(placeOnAxis(axis({}), undefined)).toBeNull();
});

test("one outlier does not squeeze the other curves", () => {
  const values = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1_000];
  expect(robustRange(values, "minimize")[1]).toBeLessThan(5);
  expect(robustRange(values, "maximize")[1]).toBeGreaterThan(900);
  expect(robustRange([], "minimize")).toEqual([0, 1]);
});

test("a store asks for what has changed, and ends with a kernel that does not know the search", async () => {
  const changes = parseAnswer("search_state", golden.answers.search_state.payload) as Changes;
  const asked: unknown[] = [];
  let isKnown = true;
  const source = {
    request: async (_: string, payload: { since: number }) => {
      asked.push(payload.since);
      if (!isKnown) throw new RefusedError("no longer");
      return { ...changes, revision: 9, trials: payload.since ? [] : changes.trials };
    },
  } as unknown as SearchSource;
  const store = new SearchStore(null, parseSavedSearch(golden.saved));
  expect(store.isControlled).toBe(false);
  store.setSource(source);
  await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  expect(store.isControlled).toBe(true);
  await store.refresh();
  expect(asked).toEqual([0, 9]);
  expect(store.trials.size).toBe(6);
  isKnown = false;
  await store.refresh();
  expect(store).toMatchObject({ isLive: false, source: null, problem: "" });
});
