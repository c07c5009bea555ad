/** Tests of smoothing, curves, axis ranges and figures. */

import { describe, expect, test } from "vitest";
import packageLock from "../../package-lock.json";
import { metricCurves, nearestPoint } from "../../src/live/chart/curves";
import {
  buildFigure,
  buildTraces,
  type ChartTheme,
  escapePlotlyText,
} from "../../src/live/chart/figure";
import { fitYRange, fullXRange, timeUnit } from "../../src/live/chart/ranges";
import { smooth } from "../../src/live/chart/smoothing";
import { latestValues } from "../../src/live/latestValues";
import type { MetricInfo } from "../../src/live/protocol";
import { RunStore } from "../../src/live/store";
import { PLOTLY_KEY } from "../../src/shared/plotly";
import { snapshot, wireRun, wireTable } from "./messages";

const LOSS: MetricInfo = { name: "loss", kind: "mean", direction: "min", group: null };
const OPTIONS = { xAxis: "step", smoothing: 0, logScale: false } as const;
const THEME: ChartTheme = {
  ink: "#000",
  grid: "#eee",
  paper: "#fff",
  training: "#00f",
  validation: "#f80",
  best: "#880",
  mark: "#808",
  font: "sans-serif",
};

function storeWith(change: Record<string, unknown>): RunStore {
  const store = new RunStore(() => {});
  store.receive(snapshot(change));
  return store;
}

const FULL = {
  batch: wireTable({
    step: [4, 8, 12, 16],
    epoch: [0.5, 1, 1.5, 2],
    seconds: [60, 120, 180, 240],
    "mean/loss": [4, 3, NaN, 1],
    "min/loss": [2, 3, NaN, 0.5],
    "max/loss": [5, 3, NaN, 6],
  }),
  epoch: wireTable({
    step: [8, 16],
    epoch: [1, 2],
    seconds: [120, 240],
    "training/loss": [3.5, 2],
    "validation/loss": [3.25, NaN],
  }),
  best: { loss: { split: "validation", epoch: 1, step: 8, seconds: 120, value: 3.2 } },
};

describe("smoothing", () => {
  test("a constant stays as it is, from the first value on", () => {
    expect(smooth([3, 3, 3], 0.9)).toEqual([3, 3, 3].map((x) => expect.closeTo(x, 12)));
  });

  test("each value weighs by its age", () => {
    const [, , third] = smooth([1, 2, 4], 0.5);
    expect(third).toBeCloseTo((4 + 2 * 0.5 + 1 * 0.25) / 1.75, 12);
  });

  test("a NaN is a gap and does not change the average", () => {
    const smoothed = smooth([1, NaN, 3, Infinity], 0.5);
    expect(smoothed[1]).toBeNaN();
    expect(smoothed[2]).toBeCloseTo((3 + 0.5) / 1.5, 12);
    expect(smoothed[3]).toBeNaN();
  });
});

describe("curves", () => {
  test("a row that aggregates several points shows both of its extremes", () => {
    const { batch } = metricCurves(storeWith(FULL), LOSS, OPTIONS);
    expect(batch.x).toEqual([4, 4, 8, 12, 16, 16]);
    expect(batch.y).toEqual([2, 5, 3, NaN, 0.5, 6]);
  });

  test("come in the units of the x axis", () => {
    const store = storeWith(FULL);
    const xOf = (xAxis: "step" | "epoch" | "time") => {
      const curves = metricCurves(store, LOSS, { ...OPTIONS, xAxis });
      return [curves.batchMean.x[0], curves.training.x[0], curves.bestPoint?.x];
    };
    expect(xOf("step")).toEqual([4, 8, 8]);
    expect(xOf("epoch")).toEqual([0.5, 1, 1]);
    expect(xOf("time")).toEqual([60, 120, 120]);
  });

  test("smoothing is of the means, and none is no curve", () => {
    const store = storeWith(FULL);
    expect(metricCurves(store, LOSS, OPTIONS).smoothed).toBe(null);
    const { smoothed } = metricCurves(store, LOSS, { ...OPTIONS, smoothing: 0.5 });
    expect(smoothed?.y[1]).toBeCloseTo((3 + 2) / 1.5, 6);
  });

  test("a metric without values has empty curves", () => {
    const curves = metricCurves(storeWith({}), { ...LOSS, name: "auc" }, OPTIONS);
    expect(curves.batch.x).toEqual([]);
    expect(curves.bestPoint).toBe(null);
  });

  test("the nearest point skips gaps", () => {
    const curve = { x: [1, 2, 3, 4], y: [1, NaN, 3, 4] };
    expect(nearestPoint(curve, 2)).toBe(0);
    expect(nearestPoint(curve, 2.4)).toBe(2);
    expect(nearestPoint(curve, -5)).toBe(0);
    expect(nearestPoint(curve, 99)).toBe(3);
    expect(nearestPoint({ x: [1], y: [NaN] }, 1)).toBe(-1);
  });

  test("latest values: of batches, of whole epochs, of validation", () => {
    // The second epoch was not validated.
    expect(latestValues(storeWith(FULL), LOSS)).toEqual({
      batch: 1,
      training: 2,
      validation: 3.25,
    });
    expect(latestValues(storeWith({}), LOSS).batch).toBe(1.5);
    expect(latestValues(storeWith({}), { ...LOSS, name: "auc" })).toEqual({
      batch: null,
      training: null,
      validation: null,
    });
  });

  test("latest values are NaN where NaN was reported, and those of this fit", () => {
    const columns = {
      step: [8, 16, 24],
      epoch: [1, 2, 3],
      seconds: [1, 2, 3],
      "training/loss": [1, 0.5, NaN],
      "validation/loss": [2, NaN, NaN],
    };
    const latest = (change: object, run = {}) => {
      const epoch = wireTable({ ...columns, ...change });
      return latestValues(storeWith({ epoch, run: wireRun(run) }), LOSS);
    };
    expect(latest({})).toMatchObject({ training: 0.5, validation: 2 });
    expect(latest({ "nan/training/loss": [NaN, NaN, 1] })).toMatchObject({ training: NaN });
    const continued = { epochs_before: 1 };
    expect(latest({}, continued)).toMatchObject({ batch: null, training: 0.5, validation: null });
  });

  test("an epoch that was stopped early has no latest values, unless it is the only one", () => {
    const columns = { step: [8, 10], epoch: [1, 2], seconds: [1, 2], partial: [NaN, 1] };
    const latest = (values: number[], run = {}) => {
      const epoch = wireTable({ ...columns, "training/loss": values });
      return latestValues(storeWith({ epoch, run: wireRun(run) }), LOSS).training;
    };
    expect(latest([1, 0.5])).toBe(1);
    expect(latest([1, Infinity])).toBe(Infinity);
    expect(latest([1, 0.5], { epochs_before: 1 })).toBe(0.5);
  });
});

describe("ranges", () => {
  test("x includes all points, with room for the markers", () => {
    const [low, high] = fullXRange(storeWith(FULL), "step");
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(16);
    expect(fullXRange(storeWith({ batch: wireTable({ step: [] }) }), "step")[1]).toBeGreaterThan(0);
  });

  test("y includes the extremes of the visible points", () => {
    const curves = metricCurves(storeWith(FULL), LOSS, OPTIONS);
    const [low, high] = fitYRange(curves, [0, 20], false);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(6);
    expect(fitYRange(curves, [3, 9], false)[1]).toBeLessThan(6);
    const [logLow, logHigh] = fitYRange(curves, [0, 20], true);
    expect(10 ** logLow).toBeLessThan(0.5);
    expect(10 ** logHigh).toBeGreaterThan(6);
  });

  test("y of one value, of none, and of nothing that a log scale can show", () => {
    const only = (y: number) => ({
      ...metricCurves(storeWith({}), { ...LOSS, name: "none" }, OPTIONS),
      training: { x: [1], y: [y] },
    });
    const [low, high] = fitYRange(only(0), [0, 2], false);
    expect(low).toBeLessThan(high);
    expect(fitYRange(only(NaN), [0, 2], false)).toEqual([0, 1]);
    expect(fitYRange(only(-1), [0, 2], true)).toEqual([-1, 0]);
  });

  test("time is in the unit that fits", () => {
    expect([10, 600, 20_000].map((seconds) => timeUnit(seconds).name)).toEqual([
      "seconds",
      "minutes",
      "hours",
    ]);
  });
});

describe("figure", () => {
  const figure = (change = {}, metric = LOSS) =>
    buildFigure({
      curves: metricCurves(storeWith(FULL), metric, { ...OPTIONS, smoothing: 0.5 }),
      xRange: [0, 240],
      yRange: [0, 6],
      xTitle: "minutes",
      xUnit: 60,
      logScale: false,
      width: 300,
      height: 200,
      draggable: true,
      revision: 1,
      theme: THEME,
      ...change,
    });

  test("draws the traces from the faintest to the best", () => {
    expect(figure().data.map((trace) => trace.name)).toEqual([
      "batch",
      "smoothed",
      "training",
      "validation",
      "best epoch",
    ]);
  });

  test("tells curves apart without colour", () => {
    const [, , training, validation] = figure().data as {
      line?: { dash?: string };
      marker?: { symbol?: string };
    }[];
    expect(training?.line?.dash).not.toBe(validation?.line?.dash);
    expect(training?.marker?.symbol).not.toBe(validation?.marker?.symbol);
  });

  test("never includes a metric's name, which may have tags", () => {
    const metric: MetricInfo = { ...LOSS, name: "<a href=x>auc</a>" };
    expect(JSON.stringify(figure({}, metric))).not.toContain("href");
    expect(escapePlotlyText("<b>a</b> & b")).toBe("&lt;b&gt;a&lt;/b&gt; &amp; b");
  });

  test("x is divided by its unit, and so is its range", () => {
    const { layout } = figure();
    expect(layout.xaxis?.range).toEqual([0, 4]);
  });

  test("without points there are no numbers on the axes", () => {
    const { layout } = figure({}, { ...LOSS, name: "none" });
    expect(layout.yaxis?.showticklabels).toBe(false);
  });

  test("many epochs are a line without markers", () => {
    const many = Array.from({ length: 100 }, (_, i) => i);
    const curves = metricCurves(storeWith(FULL), LOSS, OPTIONS);
    const traces = buildTraces({ ...curves, training: { x: many, y: many } }, 1, THEME);
    expect(traces.find(({ name }) => name === "training")).toMatchObject({ mode: "lines" });
  });
});

test("the page's key for Plotly names the version that is bundled", () => {
  const { version } = packageLock.packages["node_modules/plotly.js-basic-dist-min"];
  expect(PLOTLY_KEY).toBe(`plotly@${version}`);
});
