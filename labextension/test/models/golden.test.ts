/** Compares the messages about models with the examples that Python wrote to tests/golden/. */

import { expect, test } from "vitest";
import golden from "../../../tests/golden/models.json";
import { parseAnswer, parseModels, parseSavedSummary, RefusedError } from "../../src/models/parse";
import { REQUEST_KINDS, SUMMARY_MIME_TYPE } from "../../src/models/protocol";
import { isActive, parseRuns } from "../../src/models/runs";
import { CHANNEL } from "../../src/protocol";
import { Fields } from "../../src/shared/fields";

test("names are the same in both languages", () => {
  expect(SUMMARY_MIME_TYPE).toBe(golden.mime_type);
  expect(CHANNEL).toBe(golden.channel);
  expect([...REQUEST_KINDS].sort()).toEqual(Object.keys(golden.requests).sort());
});

test.each(REQUEST_KINDS)("the answer to %s is understood", (kind) => {
  const { payload } = golden.answers[kind];
  expect(parseAnswer(kind, payload)).toEqual(payload.value);
});

test("a refusal has a reason", () => {
  expect(() => parseAnswer("describe", golden.refused.payload)).toThrow(RefusedError);
  expect(() => parseAnswer("describe", golden.refused.payload)).toThrow("It is gone.");
});

test("pushed messages are understood", () => {
  expect(parseModels(golden.pushed.models.payload)).toEqual(golden.pushed.models.payload.entries);
  const runs = parseRuns(golden.pushed.runs.payload);
  expect(runs).toEqual(golden.pushed.runs.payload.runs);
  expect(runs.map(isActive)).toEqual([true, false]);
  expect(new Fields(golden.pushed.welcome.payload, "welcome").boolean("hears_while_busy")).toBe(
    true,
  );
});

test("a saved summary is unpacked", async () => {
  const { entry, summary } = await parseSavedSummary(golden.saved);
  expect(entry).toEqual(golden.pushed.models.payload.entries[0]);
  expect(summary).toEqual(golden.answers.describe.payload.value);
  await expect(parseSavedSummary({ ...golden.saved, v: 99 })).rejects.toThrow("summary.v");
  await expect(parseSavedSummary({ ...golden.saved, payload: "////" })).rejects.toThrow();
});

test.each([
  [{}, "entries"],
  [{ entries: [{ key: 1 }] }, "entries[0].key"],
  [{ entries: [{ ...golden.pushed.models.payload.entries[0], parameters: -1 }] }, "parameters"],
])("%j is no list of models", (payload, where) => {
  expect(() => parseModels(payload)).toThrow(where);
});
