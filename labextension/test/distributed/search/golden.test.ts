/** Compares the messages of a search with the examples that Python wrote to tests/golden/. */

import { expect, test } from "vitest";
import golden from "../../../../tests/golden/search.json";
import { parseAnswer, parseSavedSearch, RefusedError } from "../../../src/distributed/search/parse";
import {
  REQUEST_KINDS,
  SEARCH_ANSWER,
  SEARCH_MIME_TYPE,
} from "../../../src/distributed/search/protocol";

test("names are the same in both languages", () => {
  expect(SEARCH_MIME_TYPE).toBe(golden.mime_type);
  expect([...REQUEST_KINDS].sort()).toEqual(Object.keys(golden.requests).sort());
  expect(golden.answers.search_state.kind).toBe(SEARCH_ANSWER);
});

test("a search and its trials are understood", () => {
  const { search, trials } = parseAnswer("search_state", golden.answers.search_state.payload);
  expect(search).toMatchObject({ title: "digits", best: 0, planned: 6, controls: true });
  expect(search.params.map(({ choices }) => choices)).toEqual([[], ["relu", null, true, 3]]);
  const [complete, pruned, failed] = trials;
  expect(complete).toMatchObject({ state: "complete", value: 0.5, epochs: [1, 2] });
  expect(pruned?.values[0]).toBeNaN();
  expect(failed?.detail).toContain("<b>no</b>");
  expect(trials.at(-1)?.values[0]).toBe(Number.POSITIVE_INFINITY);
  expect(parseAnswer("search_command", golden.answers.search_command.payload)).toBeNull();
  const bundle = parseAnswer("search_bundle", golden.answers.search_bundle.payload);
  expect(Object.keys(bundle)).toContain(SEARCH_MIME_TYPE);
  expect(() => parseAnswer("search_state", golden.refused)).toThrow(RefusedError);
});

test("what a notebook has saved is understood", () => {
  const saved = parseSavedSearch(golden.saved);
  expect(saved).toMatchObject({ count: 6, final: false });
  expect(saved.trials).toHaveLength(6);
  expect(() => parseSavedSearch({ kind: "saved_search", payload: {} })).toThrow("search");
});
