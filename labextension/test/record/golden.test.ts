/** Compares the messages about recorded runs with the examples that Python wrote to tests/golden/. */

import { expect, test } from "vitest";
import golden from "../../../tests/golden/runs.json";
import { parseAnswer, parseSavedRuns, RefusedError } from "../../src/record/parse";
import { REQUEST_KINDS, RUNS_MIME_TYPE } from "../../src/record/protocol";

function answer<K extends (typeof REQUEST_KINDS)[number]>(kind: K) {
  return parseAnswer(kind, golden.answers[kind].payload);
}

test("names are the same in both languages", () => {
  expect(RUNS_MIME_TYPE).toBe(golden.mime_type);
  expect([...REQUEST_KINDS].sort()).toEqual(Object.keys(golden.requests).sort());
});

test("the list of runs is understood", () => {
  const list = answer("list_runs");
  const [first, second] = list.rows;
  expect(list.ids).toEqual([first?.id, second?.id]);
  expect(first).toMatchObject({ name: "<b>wide</b>", tags: ["baseline"], state: "finished" });
  expect(first?.values.get("val_loss")).toBe(0.3);
  expect(second?.values.get("loss")).toBeNaN();
  expect(second?.parent).toEqual({ run: first?.id, step: 4, how: "continued" });
  expect(list.unreadable[0]?.reason).toContain("empty");
});

test("curves are understood", () => {
  const { run, snapshot } = answer("run_curves");
  expect(run).toBe(golden.requests.run_curves.run);
  expect(snapshot?.run.metrics.map(({ name }) => name)).toEqual(["loss", "accuracy"]);
  expect([...snapshot!.batch.columns.get("mean/loss")!]).toEqual([1, 0.5, 0.375, 0.125]);
  expect([...snapshot!.epoch.columns.get("validation/loss")!][0]).toBe(0.5);
});

test("details and differences are understood", () => {
  const details = answer("run_details");
  expect(details).toEqual(golden.answers.run_details.payload.value);
  expect(answer("compare_runs")).toEqual(golden.answers.compare_runs.payload.value);
});

test("the other answers are understood", () => {
  expect(answer("filter_runs")).toEqual(golden.answers.filter_runs.payload.value.ids);
  expect(answer("edit_run")).toBeNull();
  expect(answer("delete_runs").problems).toHaveLength(1);
  expect(answer("delete_checkpoints").problems).toEqual([]);
  expect(answer("replay_run")).toContain("keras.callbacks.Callback");
  expect(answer("export_run")).toContain("exported-runs");
  expect(() => parseAnswer("run_details", golden.refused.payload)).toThrow(RefusedError);
});

test("what a notebook has saved is understood", () => {
  expect(parseSavedRuns(golden.saved)).toMatchObject({ scope: "folder", filter: "", count: 2 });
  expect(() => parseSavedRuns({ payload: {} })).toThrow("scope");
});
