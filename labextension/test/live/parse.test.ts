/** Tests of the parser: tables, fields, bad messages. */

import { describe, expect, test } from "vitest";
import { lenientParser, parseMessage } from "../../src/live/parse";
import type { Snapshot } from "../../src/live/protocol";
import { ProtocolError } from "../../src/shared/fields";
import {
  base64,
  wireMetric,
  wireProgress,
  wireRun,
  wireSnapshot,
  wireTable,
  wireUpdate,
} from "./messages";

function parsed(message: unknown) {
  const result = parseMessage(message);
  if (result.kind !== "snapshot" && result.kind !== "update") throw new Error(result.kind);
  return result.payload;
}

const COLUMNS = { step: [1, 2, 3], "mean/loss": [0.5, NaN, Infinity] };

describe("tables", () => {
  test("read the columns", () => {
    const { batch } = parsed(wireUpdate(1, { batch: wireTable(COLUMNS) }));
    expect([...(batch?.columns.get("step") ?? [])]).toEqual(COLUMNS.step);
    expect([...(batch?.columns.get("mean/loss") ?? [])]).toEqual(COLUMNS["mean/loss"]);
  });

  test.each([
    [
      "too few bytes",
      base64(new ArrayBuffer(8)),
      /24 bytes \(3 rows × 2 float32 columns\), got "8 bytes"/,
    ],
    ["text that is no base64", "%%%", /base64/],
    ["a list of numbers", [1, 2, 3], /data: expected a string/],
    ["nothing", undefined, /got undefined/],
  ])("refuse %s", (_, data, reason) => {
    const message = wireUpdate(1, { batch: { ...wireTable(COLUMNS), data } });
    expect(() => parseMessage(message)).toThrow(reason);
  });
});

describe("fields", () => {
  test("wire numbers may be NaN and infinite", () => {
    const rate = (learning_rate: unknown) =>
      parsed(wireUpdate(1, { progress: wireProgress({ learning_rate }) })).progress.learning_rate;
    expect(rate(0.1)).toBe(0.1);
    expect(rate(null)).toBe(null);
    expect(rate("NaN")).toBeNaN();
    expect(rate("-Infinity")).toBe(-Infinity);
    expect(() => rate("fast")).toThrow(/finite number, got "fast"/);
  });

  test("a name that is also a property of objects is an ordinary name", () => {
    const best = JSON.parse(
      '{"__proto__": {"split": "training", "epoch": 1, "step": 4, "seconds": 1, "value": 2}}',
    );
    expect(parsed(wireSnapshot({ best })).best?.get("__proto__")?.value).toBe(2);
  });

  test("fields that we do not know are left alone", () => {
    expect(parsed(wireUpdate(1, { news: 1 })).sequence).toBe(1);
  });

  test.each([
    ["status", wireUpdate(1, { progress: wireProgress({ status: "asleep" }) }), /one of "running"/],
    [
      "step",
      wireUpdate(1, { progress: wireProgress({ step: 1.5 }) }),
      /progress\.step: expected an/,
    ],
    ["negative sequence", wireUpdate(-1), /sequence/],
    ["no progress", wireUpdate(1, { progress: undefined }), /an object, got undefined/],
    ["metrics", wireSnapshot({ run: wireRun({ metrics: [{ name: 1 }] }) }), /metrics\[0\]\.name/],
    ["null message", null, /message: expected an object, got null/],
    [
      "text that is an object with a toString",
      wireUpdate(1, { progress: wireProgress({ detail: { toString: 1 } }) }),
      /detail: expected a string, got an object/,
    ],
    [
      "number of rows",
      wireUpdate(1, { epoch: { start: 0, rows: 1e15, columns: [], data: "" } }),
      /rows: expected at most/,
    ],
    ["version", { ...wireUpdate(1), v: 2 }, /reload the page after upgrading kwidgets/],
    ["kind", { ...wireUpdate(1), kind: "greet" }, /one of "snapshot"/],
    [
      "reply without id",
      { v: 1, kind: "reply", payload: { ok: true, message: "" } },
      /message\.id/,
    ],
  ])("a bad %s is named", (_, message, reason) => {
    expect(() => parseMessage(message)).toThrow(ProtocolError);
    expect(() => parseMessage(message)).toThrow(reason);
  });
});

test("of an earlier fit, the fits before it are not read", () => {
  let snapshot = wireSnapshot().payload as object;
  for (let i = 0; i < 5000; i++) {
    snapshot = { ...snapshot, earlier: [{ summary: "", snapshot }] };
  }
  const { earlier } = parsed({ ...wireSnapshot(), payload: snapshot }) as Snapshot;
  // Only their number: an assertion about the fits themselves would write all of them.
  expect(earlier.length).toBe(1);
});

test("a bad message is logged once and ignored", () => {
  const log: string[] = [];
  const parse = lenientParser((text) => log.push(text));
  for (let i = 0; i < 3; i++) expect(parse({ ...wireUpdate(i), v: 9 })).toBe(null);
  expect(parse(wireUpdate(4))?.kind).toBe("update");
  expect(log).toEqual([expect.stringContaining("got 9")]);
});

test("of a run that would hold up the page, part is read, and that is said", () => {
  const names = Array.from({ length: 50_000 }, (_, i) => `mean/m${i}`);
  // One for all marks: 50,000 would need gigabytes.
  const text = { key: "x".repeat(9_999), values: Array(9_999).fill("x".repeat(9_999)) };
  const { run, batch, marks, progress } = parsed(
    wireSnapshot({
      run: wireRun({ metrics: names.map((_, i) => wireMetric(`m${i}`)) }),
      batch: wireTable({ step: [1], ...Object.fromEntries(names.map((name) => [name, [1]])) }),
      marks: names.map((_, i) => ({
        ...{ kind: "user", step: i, epoch: i, seconds: i },
        text,
      })),
    }),
  ) as Snapshot;
  expect([run.metrics.length, marks.length, marks.at(-1)!.step]).toEqual([200, 500, 49_999]);
  expect(batch.columns.size).toBeLessThan(500);
  expect(batch.columns.get("mean/m0")).toEqual(new Float32Array([1]));
  expect(marks[0]!.text.key.length).toBeLessThan(2_000);
  expect(JSON.stringify(marks[0]!.text.values).length).toBeLessThan(20_000);
  expect(progress.notices.at(-1)!.text).toBe(
    "Too many to show: 49,800 metrics, 49,500 marks omitted.",
  );
});
