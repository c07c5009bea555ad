/** Tests of the parsers: good messages, and the errors about others. */

import { expect, test } from "vitest";
import { entryByName, parseCatalog, sectionEntries } from "../../src/builder/catalog";
import { parseBuilderMessage, parseOptions } from "../../src/builder/parse";
import { parseSavedBuilder } from "../../src/builder/savedBuilder";
import { catalog, layer, state } from "./fixture";

const message = (kind: string, payload: unknown, more = {}) =>
  parseBuilderMessage({ v: 1, kind, payload, ...more });

test("a snapshot is parsed as a whole", () => {
  expect(message("snapshot", state())).toEqual({ kind: "snapshot", payload: state() });
});

test("unknown fields are ignored", () => {
  const parsed = message("update", { sequence: 1, name: "x", later: 2 });
  expect(parsed.payload).toEqual({ sequence: 1, name: "x" });
});

test("errors have the path, what was expected, and what came", () => {
  const broken = { ...layer("b"), status: "fine" };
  expect(() => message("update", { sequence: 1, layers: { b: broken } })).toThrow(
    'message.payload.layers.b.status: expected one of "ok", "error", "blocked", "off", "unknown", ' +
      'got "fine"',
  );
  const { compile: _, ...partial } = state();
  expect(() => message("snapshot", partial)).toThrow("message.payload.compile");
  expect(() => message("update", { sequence: 1, order: ["a", 2] })).toThrow(
    "message.payload.order[1]: expected a string, got 2",
  );
  expect(() =>
    message("update", { sequence: 1, layers: { b: layer("b", { output_shape: "x" as never }) } }),
  ).toThrow("output_shape: expected a list of integers and nulls");
  expect(() => parseBuilderMessage({ v: 2, kind: "update", payload: {} })).toThrow("reload");
  expect(() => message("live", {})).toThrow("message.kind");
});

test("a reply has a result, be it empty", () => {
  const reply = message("reply", { ok: true, message: "" }, { id: "1" });
  expect(reply).toEqual({ kind: "reply", id: "1", payload: { ok: true, message: "", result: {} } });
  expect(() => parseOptions({ options: [{ title: "Dense" }] })).toThrow("options[0].class_name");
});

test("the catalog is parsed as a whole, and fields of later kinds can be typed", () => {
  expect(parseCatalog(JSON.parse(JSON.stringify(catalog)))).toEqual(catalog);
  const [first] = catalog.forms.fit!;
  const later = { ...catalog, forms: { fit: [{ ...first, field: "colour" }] } };
  expect(parseCatalog(later).forms.fit![0]!.field).toBe("python");
});

test("classes are found by the names that Keras reads", () => {
  const initializers = sectionEntries(catalog, "initializers");
  expect(entryByName(initializers, "he_normal")!.name).toBe("HeNormal");
  expect(entryByName(initializers, "HeNormal")!.name).toBe("HeNormal");
  expect(entryByName(initializers, "mse")).toBeUndefined();
});

test("saved data is parsed, whatever its cells are", () => {
  const saved = {
    v: 1,
    title: "m",
    columns: ["Layer"],
    rows: [["Dense"], [7]],
    totals: "",
    code: "",
    restore: "",
    run: null,
  };
  expect(parseSavedBuilder(saved).rows).toEqual([["Dense"], ["7"]]);
  expect(() => parseSavedBuilder({ ...saved, title: 1 })).toThrow("saved.title");
  expect(() => parseSavedBuilder({ ...saved, v: 2 })).toThrow(
    "saved.v: expected 1 (another version of kwidgets saved this output; run the cell again), got 2",
  );
});

test("of a saved builder that would hold up the page, part is read", () => {
  const row = ["Dense", { deep: [] }, "x".repeat(100_000), ...Array(1_000).fill("y")];
  const saved = parseSavedBuilder({
    v: 1,
    title: "t".repeat(100_000),
    columns: Array(1_000).fill("Layer"),
    rows: Array(100_000).fill(row),
    totals: "",
    code: "import keras\n".repeat(1_000_000),
    restore: "builder = 1\n".repeat(1_000_000),
    run: null,
  });
  expect([saved.rows.length, saved.omittedRows]).toEqual([500, 99_500]);
  expect([saved.columns.length, saved.rows[0]!.length, saved.rows[0]![1]]).toEqual([20, 20, "…"]);
  expect(saved.rows[0]![2]!.length + saved.title.length).toBeLessThan(3_000);
  expect(saved.code.length).toBeLessThan(200_000);
  // Half of a program would be another one.
  expect(saved.restore).toBe("");
});
