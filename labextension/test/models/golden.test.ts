/** Compares the messages about models with the examples that Python wrote to tests/golden/. */

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import golden from "../../../tests/golden/models.json";
import { parseAnswer, parseModels, parseSummary, RefusedError } from "../../src/models/parse";
import { REQUEST_KINDS, SUMMARY_MIME_TYPE } from "../../src/models/protocol";
import { isActive, parseRuns } from "../../src/models/runs";
import { MAX_UNPACKED_BYTES, parseSavedSummary } from "../../src/models/savedSummary";
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
  const models = golden.pushed.models.payload;
  expect(parseModels(models)).toEqual({
    entries: models.entries,
    searchedInPart: models.searched_in_part,
  });
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

test("of a summary that would hold up the page, part is read, and that is said", () => {
  const summary = golden.answers.describe.payload.value;
  const [layer] = summary.root.children;
  const long = { ...layer!, name: "n".repeat(1_000_000) };
  const wide = Array.from({ length: 21_000 }, () => ({ ...layer!, path: "", problem: null }));
  let deep: object = layer!;
  for (let i = 0; i < 2_000; i++) deep = { ...layer!, children: [deep] };
  const root = { ...summary.root, children: [long, deep, ...wide] };
  const read = parseSummary({ ...summary, root });
  expect(read.notes[0]).toContain("Some layers are not shown");
  expect(read.root.children.length).toBeLessThan(20_001);
  expect(read.root.children[0]!.name.length).toBeLessThan(2_000);
});

test("of a small file that unpacks to a large one, no more is unpacked than a page can hold", async () => {
  // Deflate packs blanks by a factor of 1,000.
  const packed = gzipSync(Buffer.alloc(MAX_UNPACKED_BYTES + 1, " "), { level: 1 });
  const payload = packed.toString("base64");
  await expect(parseSavedSummary({ ...golden.saved, payload })).rejects.toThrow("16 MB");
});

test.each([
  [{}, "entries"],
  [{ entries: [{ key: 1 }] }, "entries[0].key"],
  [{ entries: [{ ...golden.pushed.models.payload.entries[0], parameters: -1 }] }, "parameters"],
])("%j is no list of models", (payload, where) => {
  expect(() => parseModels(payload)).toThrow(where);
});
