/** Parses the examples that Python wrote to tests/golden/insight_messages.json. */

import { expect, test } from "vitest";
import golden from "../../../tests/golden/insight_messages.json";
import { parseData, parseLayers, parsePredictions } from "../../src/insight/parse";
import { parseSampleDetails, parseSamplesPart } from "../../src/insight/parseSamples";
import { REPEAT_SECONDS, type Request } from "../../src/insight/protocol";
import { InsightStore } from "../../src/insight/store";
import { parseMessage } from "../../src/live/parse";
import { envelope } from "../../src/live/protocol";

const { parts, requests } = golden;
const [closed, open, off] = parts.predictions.map(({ payload }) =>
  parsePredictions(payload.predictions),
);

test("predictions without and with details, and those of a fit without any", () => {
  expect(closed).toMatchObject({ state: "ready", task: "classification", details: null });
  expect(closed!.figures[1]!.value).toBeNaN();
  expect(open!.epochs).toEqual([1, 2]);
  expect(off).toMatchObject({ state: "off", reason: { values: [] }, epochs: [] });
});

test("classes, with counts by score and figures that are NaN", () => {
  const { classes } = open!.details!;
  expect(classes!.names).toEqual(["cat", "<b>dog</b>"]);
  expect(classes!.history[1]![0]).toBeNaN();
  expect([...classes!.scores!.positive]).toEqual([1, 2, 1, 1]);
});

test("a matrix, of this epoch and of the one before, and curves", () => {
  const { confusion, curves } = open!.details!;
  expect([...confusion!.counts!]).toEqual([2, 1, 1, 1]);
  expect([...confusion!.before!]).toEqual([1, 2, 1, 1]);
  expect(curves!.reliability[0]).toEqual([0.95, 0.9, 10]);
  expect(curves!.roc).toEqual([
    [0, 0],
    [0.5, 1],
    [1, 1],
  ]);
});

test("targets and predictions of a regression", () => {
  const { regression } = open!.details!;
  expect([...regression!.true]).toEqual([1, 2]);
  expect([...regression!.predicted]).toEqual([1.5, NaN]);
  expect(regression!.residual_counts).toHaveLength(64);
});

test("samples of each kind", () => {
  const { mistakes } = open!.details!;
  const kinds = mistakes.map(({ looks }) => looks!.kind);
  expect(kinds).toEqual(["picture", "picture", "text", "row", "series", "sound", "values"]);
  expect(mistakes[1]!.looks!.predicted_boxes).toEqual([
    { left: 0.1, top: 0.2, right: 0.4, bottom: 0.6, name: "cat", score: 0.9 },
  ]);
  expect(mistakes[3]!.looks!.row![1]).toEqual(["income", "1e9", true]);
});

test("the samples of a cell, and one of them at large", () => {
  const samples = parseSamplesPart(parts.samples[0]!.payload.samples);
  expect(samples).toMatchObject({ true: 4, predicted: null, count: 23 });
  const details = parseSampleDetails(parts.sample[0]!.payload.sample);
  expect(details.top[0]).toEqual(["9", 0.98]);
  expect(details.history[1]).toEqual([2, "9", NaN]);
  expect(details.explanation).toMatchObject({ method: "grad_cam", shares: [0.5, -1, NaN] });
});

test("layers and data", () => {
  const layers = parseLayers(parts.layers[0]!.payload.layers);
  expect(layers.layers[0]).toMatchObject({ high: Infinity, measured: { dead: 0.75 } });
  expect(layers.layers[0]!.histograms[0]).toHaveLength(64);
  const data = parseData(parts.data[0]!.payload.data);
  expect(data.inputs[0]).toMatchObject({ shape: [null, 28, 28], high: NaN, nan: 3 });
});

test("the live view's messages bring all of them to the store", () => {
  const store = new InsightStore();
  for (const wire of Object.values(parts).flat()) {
    const message = parseMessage(wire);
    if (message.kind === "insight") store.receive(message.payload);
  }
  expect([store.has(1), store.has(2), store.has(3)]).toEqual([true, true, false]);
  expect(store.findings(1, "data")).toBe(1);
  expect(store.pictures.get("1f0c")).toMatch(/^data:image\/png/);
});

test("requests are as the kernel expects them", () => {
  for (const [name, message] of Object.entries(requests)) {
    expect(message.payload.request).toBe(name);
    const ours = envelope("insight", message.payload as Request, message.id);
    expect(ours).toEqual(message);
  }
  expect(golden.repeat_seconds).toBe(REPEAT_SECONDS);
});
