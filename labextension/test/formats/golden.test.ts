/** Compares the messages of the export panel with the examples that Python wrote to tests/golden/. */

import { expect, test } from "vitest";
import golden from "../../../tests/golden/export.json";
import { parseAnswer, parseSavedExport, RefusedError } from "../../src/formats/parse";
import { EXPORT_ANSWER, EXPORT_MIME_TYPE, REQUEST_KINDS } from "../../src/formats/protocol";

function answer<K extends (typeof REQUEST_KINDS)[number]>(kind: K) {
  const { kind: answerKind, payload } = golden.answers[kind];
  expect(answerKind).toBe(EXPORT_ANSWER);
  return parseAnswer(kind, payload);
}

test("names are the same in both languages", () => {
  expect(EXPORT_MIME_TYPE).toBe(golden.mime_type);
  expect([...REQUEST_KINDS].sort()).toEqual(Object.keys(golden.requests).sort());
});

test("the formats and data are understood", () => {
  const list = answer("export_targets");
  expect(list).toEqual(golden.answers.export_targets.payload.value);
  expect(list.validation).toEqual(["x_test", "y_test"]);
});

test("the rows of an export are understood", () => {
  const { rows, metrics, state } = answer("export_state");
  expect(state).toBe("done");
  expect(metrics.map(({ name }) => name).sort()).toEqual(["accuracy", "loss"]);
  const [keras, litert, openvino, onnx] = rows ?? [];
  expect(keras).toMatchObject({ status: "done", num_bytes: 15_000, has_server: true });
  expect(keras?.latency.map(({ threads }) => threads)).toEqual([1, 2]);
  expect(litert?.difference?.maximum).toBeNaN();
  expect(litert?.difference?.mean).toBe(Number.POSITIVE_INFINITY);
  expect(openvino).toMatchObject({ status: "missing", install: "pip install openvino" });
  expect(onnx?.problem?.values).toEqual(["<b>ONNX</b>"]);
});

test("the other answers are understood", () => {
  expect(answer("start_export").state).toBe("running");
  expect(answer("stop_export").job).toBe("export-1");
  expect(answer("export_code").code).toContain("model.save");
  expect(answer("write_server").files).toContain("Dockerfile");
  expect(Object.keys(answer("export_bundle"))).toContain(EXPORT_MIME_TYPE);
  expect(answer("start_slim")).toMatchObject({ method: "float16", undone: false });
  expect(answer("undo_slim")).toMatchObject({ variable: null, undone: true });
  expect(() => parseAnswer("export_code", golden.refused.payload)).toThrow(RefusedError);
});

test("what a notebook has saved is understood", () => {
  expect(parseSavedExport(golden.saved)).toMatchObject({ model_name: "tiny" });
  expect(parseSavedExport(golden.saved).state?.rows).toHaveLength(4);
  expect(() => parseSavedExport({ payload: {} })).toThrow("model");
});
