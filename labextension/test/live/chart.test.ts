/** Tests of smoothing, curves, axis ranges and figures. */

import { describe, expect, test } from "vitest";
import packageLock from "../../package-lock.json";
import {
  batchesInMean,
  type ChartOptions,
  isLogScale,
  metricCurves,
  nearestPoint,
  valueHolding,
} from "../../src/live/chart/curves";
import { drawInput, type YZoom } from "../../src/live/chart/drawInput";
import {
  buildFigure,
  type ChartTheme,
  hasMarkerRoom,
  outsideAnnotations,
} from "../../src/live/chart/figure";
import { fullXRange, type Range, timeUnit, visibleYRange } from "../../src/live/chart/ranges";
import { smooth } from "../../src/live/chart/smoothing";
import { latestValues } from "../../src/live/latestValues";
import type { MetricInfo } from "../../src/live/protocol";
import { RunStore } from "../../src/live/store";
import { PLOTLY_KEY } from "../../src/shared/plotly";
import { snapshot, wireMetric, wireRun, wireTable } from "./messages";

const LOSS: MetricInfo = { name: "loss", kind: "mean", direction: "min", group: null };
const OPTIONS: ChartOptions = {
  xAxis: "step",
  smoothing: 0,
  logScale: false,
  otherScale: [],
  hidden: [],
};
const THEME: ChartTheme = {
  ink: "#000",
  grid: "#eee",
  paper: "#fff",
  training: "#00f",
  validation: "#f80",
  best: "#880",
  mark: "#808",
  fits: ["#1", "#2", "#3", "#4", "#5", "#6", "#7", "#8"],
  font: "sans-serif",
};

function storeWith(change: Record<string, unknown>): RunStore {
  const store = new RunStore(() => {});
  store.receive(snapshot(change));
  return store;
}

const FULL = {
  batch: wireTable({
    step: [10, 20, 30, 40],
    epoch: [0.5, 1, 1.5, 2],
    seconds: [60, 120, 180, 240],
    "mean/loss": [4, 3, NaN, 1],
  }),
  epoch: wireTable({
    step: [20, 40],
    epoch: [1, 2],
    seconds: [120, 240],
    "training/loss": [3.5, 2],
    "validation/loss": [3.25, NaN],
  }),
  best: { loss: { split: "validation", epoch: 1, step: 20, seconds: 120, value: 3.2 } },
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
  test("batches are means of equally many, and hold from one to the next", () => {
    const { batch } = metricCurves(storeWith(FULL), LOSS, OPTIONS);
    expect([batch.from, batch.x]).toEqual([
      [0, 10, 20, 30],
      [10, 20, 30, 40],
    ]);
    expect(batch.y).toEqual([4, 3, NaN, 1]);
    expect(batch.batches).toEqual([10, 10, 0, 10]);
    expect(valueHolding(batch, 12)).toBe(1);
    expect(valueHolding(batch, 22)).toBe(1);
    expect(valueHolding(batch, 33)).toBe(3);
  });

  test("a mean says over how many batches it is, where others are NaN", () => {
    const columns = { step: [1, 20, 40], epoch: [1, 1, 2], seconds: [1, 2, 3] };
    const store = storeWith({ batch: wireTable({ ...columns, "mean/loss": [7, NaN, NaN] }) });
    const { batch } = metricCurves(store, LOSS, OPTIONS);
    expect([batch.y[0], batch.batches, batch.sizes]).toEqual([7, [1, 0], [20, 20]]);
    expect(batchesInMean(store, OPTIONS, null)).toBe(20);
  });

  test("a metric that has no means is drawn as it was read", () => {
    const { batch } = metricCurves(storeWith(FULL), { ...LOSS, kind: "running" }, OPTIONS);
    expect(batch.x).toEqual([10, 20, 30, 40]);
    expect(batch.batches).toBe(null);
  });

  test("where the user has zoomed, batches are averaged over fewer", () => {
    const rows = Array.from({ length: 500 }, (_, i) => i + 1);
    const columns = { step: rows, epoch: rows, seconds: rows, "mean/loss": rows };
    const store = storeWith({ batch: wireTable(columns) });
    const batches = (zoom: Range | null) =>
      metricCurves(store, LOSS, OPTIONS, zoom).batch.batches?.[0];
    expect(batches(null)).toBe(5);
    expect(batches([100, 150])).toBe(1);
    expect(batchesInMean(store, OPTIONS, null)).toBe(5);
    expect(batchesInMean(store, OPTIONS, [100, 150])).toBe(1);
  });

  test("come in the units of the x axis", () => {
    const store = storeWith(FULL);
    const xOf = (xAxis: "step" | "epoch" | "time") => {
      const curves = metricCurves(store, LOSS, { ...OPTIONS, xAxis });
      return [curves.batch.x[0], curves.training.x[0], curves.bestPoint?.x];
    };
    expect(xOf("step")).toEqual([10, 20, 20]);
    expect(xOf("epoch")).toEqual([0.5, 1, 1]);
    expect(xOf("time")).toEqual([60, 120, 120]);
  });

  test("smoothing is of the means, and none is no curve", () => {
    const store = storeWith(FULL);
    expect(metricCurves(store, LOSS, OPTIONS).smoothed).toBe(null);
    const { smoothed } = metricCurves(store, LOSS, { ...OPTIONS, smoothing: 0.5 });
    expect(smoothed?.y[1]).toBeCloseTo((3 + 2) / 1.5, 6);
  });

  test("what is hidden has no points, and does not count for the range", () => {
    const hidden = ["batch", "validation", "best"] as const;
    const curves = metricCurves(storeWith(FULL), LOSS, { ...OPTIONS, hidden });
    expect([curves.batch.x, curves.validation.x, curves.bestPoint]).toEqual([[], [], null]);
    expect(curves.training.x).toHaveLength(2);
    const without = (hidden: ChartOptions["hidden"]) =>
      metricCurves(storeWith(FULL), LOSS, { ...OPTIONS, hidden }).bestPoint?.y;
    // The best epoch is one of the validation.
    expect([without(["training"]), without(["validation"])]).toEqual([3.2, undefined]);
    expect(curves.values.curves).toHaveLength(1);
    expect(curves.values.spans.y).toEqual([]);
  });

  test("a learning rate has a log scale, unless the user has set it apart", () => {
    expect(isLogScale("learning_rate", OPTIONS)).toBe(true);
    expect(isLogScale("loss", OPTIONS)).toBe(false);
    const otherScale = ["learning_rate", "loss"];
    expect(isLogScale("learning_rate", { ...OPTIONS, otherScale })).toBe(false);
    expect(isLogScale("loss", { ...OPTIONS, otherScale })).toBe(true);
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
    const [low, high] = fullXRange([storeWith(FULL)], "step");
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(40);
    const empty = storeWith({ batch: wireTable({ step: [] }) });
    expect(fullXRange([empty], "step")[1]).toBeGreaterThan(0);
    expect(fullXRange([empty, storeWith(FULL)], "step")).toEqual([low, high]);
  });

  test("where the user has zoomed, y includes the visible points", () => {
    const curve = { x: [1, 2, 3], y: [4, 0.5, 6] };
    const [low, high] = visibleYRange([curve], [0, 20], false);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(6);
    expect(visibleYRange([curve], [0, 2.5], false)[1]).toBeLessThan(6);
    const [logLow, logHigh] = visibleYRange([curve], [0, 20], true);
    expect(10 ** logLow).toBeLessThan(0.5);
    expect(10 ** logHigh).toBeGreaterThan(6);
  });

  test("y of one value, of none, and of nothing that a log scale can show", () => {
    const only = (y: number) => [{ x: [1], y: [y] }];
    const [low, high] = visibleYRange(only(0), [0, 2], false);
    expect(low).toBeLessThan(high);
    expect(visibleYRange(only(NaN), [0, 2], false)).toEqual([0, 1]);
    expect(visibleYRange(only(-1), [0, 2], true)).toEqual([-1, 0]);
  });

  test("time is in the unit that fits", () => {
    expect([10, 600, 20_000].map((seconds) => timeUnit(seconds).name)).toEqual([
      "seconds",
      "minutes",
      "hours",
    ]);
  });
});

interface Trace {
  name: string;
  x: number[];
  text?: string[];
  mode: string;
  line?: { dash?: string; color: string };
  marker?: { symbol?: string | string[]; size: number | number[] };
}

describe("figure", () => {
  const input = (change: Record<string, unknown> = {}, metric = LOSS, yZoom: YZoom = null) => {
    const {
      store = storeWith(FULL),
      others = [],
      left = [],
      options = {},
      ...more
    } = change as {
      store?: RunStore;
      others?: RunStore[];
      left?: RunStore[];
      options?: Partial<ChartOptions>;
    };
    const fits = [store, ...others].map((store, i) => ({ fit: i + 1, name: "digits", store }));
    const charts = {
      fits: fits as [(typeof fits)[0]],
      left: left.map((store) => ({ fit: 9, name: "digits", store })),
      options: { ...OPTIONS, ...options },
      zoom: null,
    };
    const size = { width: 300, height: 200 };
    const drawn = drawInput(metric, charts, yZoom, size, THEME);
    return { ...drawn, draggable: true, revision: 1, ...more };
  };
  const figure = (change = {}, metric = LOSS) => buildFigure(input(change, metric));
  const traces = (change = {}) => figure(change).data as unknown as Trace[];
  const epochs = (training: number[], more: Record<string, number[]> = {}) => {
    const x = training.map((_, i) => i + 1);
    const columns = { step: x.map((x) => 20 * x), epoch: x, seconds: x };
    const epoch = wireTable({ ...columns, "training/loss": training, ...more });
    return storeWith({ ...FULL, epoch, best: {} });
  };

  test("draws the traces from the faintest to the best", () => {
    expect(traces({ options: { smoothing: 0.5 } }).map((trace) => trace.name)).toEqual([
      "batch",
      "smoothed",
      "training",
      "validation",
      "best epoch",
    ]);
  });

  test("tells curves apart without colour", () => {
    const [, training, validation] = traces();
    expect(training?.line?.dash).not.toBe(validation?.line?.dash);
    expect(training?.marker?.symbol).not.toBe(validation?.marker?.symbol);
  });

  test("tells fits apart by colour and marker, and their splits by dash", () => {
    const all = traces({ others: [storeWith(FULL), storeWith(FULL)] });
    const lines = all.filter(({ name }) => name === "training" || name === "validation");
    expect(lines).toHaveLength(6);
    expect(new Set(lines.map(({ line }) => line?.color)).size).toBe(3);
    expect(new Set(lines.map(({ marker }) => marker?.symbol)).size).toBe(3);
    expect(new Set(lines.map(({ line }) => line?.dash)).size).toBe(2);
    // The fit that is shown is on top, and alone has its batches.
    expect(lines.at(-1)?.line?.color).toBe(THEME.fits[0]);
    expect(all.filter(({ name }) => name === "batch")).toHaveLength(1);
  });

  test("what a fit had before it was rewound is faint, in the range, and can be hidden", () => {
    const change = { store: epochs([3, 2]), left: [epochs([3, 2, 8, 9])] };
    const all = figure(change).data as unknown as (Trace & { opacity?: number })[];
    const faint = all.filter(({ name }) => name === "earlier run");
    expect(faint.at(-1)?.x).toEqual([20, 40, 60, 80]);
    expect(faint.every(({ opacity }) => opacity! < 0.5)).toBe(true);
    expect(all.at(-1)?.opacity).toBeUndefined();
    expect(input(change).xRange[1]).toBeGreaterThanOrEqual(80);
    expect(input(change).yRange[1]).toBeGreaterThan(8);
    const hidden = traces({ ...change, options: { hidden: ["left"] } });
    expect(hidden.map(({ name }) => name)).not.toContain("earlier run");
  });

  test("among several fits, what one of them goes on from has its colour", () => {
    const change = { others: [epochs([3, 2])], left: [epochs([3, 2, 8])] };
    const faint = traces(change).filter(({ name }) => name === "earlier run");
    expect(new Set(faint.map(({ line }) => line?.color))).toEqual(new Set([THEME.fits[0]]));
  });

  test("a fit that lacks the metric is not drawn over it", () => {
    const other = storeWith({ run: wireRun({ metrics: [wireMetric("mae")] }) });
    expect(input({ others: [other] }).overlays).toEqual([]);
  });

  test("never includes a metric's name, which may have tags", () => {
    const metric: MetricInfo = { ...LOSS, name: "<a href=x>auc</a>" };
    expect(JSON.stringify(figure({}, metric))).not.toContain("href");
  });

  test("x is divided by its unit, and so is its range", () => {
    const { layout } = figure({ xRange: [0, 240], xUnit: 60 });
    expect(layout.xaxis?.range).toEqual([0, 4]);
  });

  test("without points there are no numbers on the axes", () => {
    const { layout } = figure({}, { ...LOSS, name: "none" });
    expect(layout.yaxis?.showticklabels).toBe(false);
  });

  test("a log axis has its numbers written out", () => {
    const { layout } = figure({ options: { logScale: true } });
    expect(layout.yaxis?.type).toBe("log");
    expect(layout.yaxis?.ticktext).toEqual(["1", "2", "3", "4"]);
  });

  test("markers while they have room", () => {
    expect(hasMarkerRoom([1, 2, 3], [0, 4], 50)).toBe(true);
    expect(hasMarkerRoom([1, 2, 3], [0, 4], 40)).toBe(false);
    expect(hasMarkerRoom([1, 2, 3], [0, 2], 40)).toBe(true);
    const training = (store: RunStore) =>
      traces({ store }).find(({ name }) => name === "training")!;
    expect(training(epochs([3, 2, 1]))).toMatchObject({ mode: "lines+markers" });
    const many = Array.from({ length: 60 }, (_, i) => 60 - i);
    expect(training(epochs(many))).toMatchObject({ mode: "lines" });
    // Alone between gaps it would be invisible.
    const lonely = [...many.slice(0, 50), NaN, 5, NaN, ...many.slice(53)];
    const { mode, marker } = training(epochs(lonely));
    expect(mode).toBe("lines+markers");
    expect((marker!.size as number[]).findIndex((size) => size > 0)).toBe(51);
  });

  test("an epoch that was stopped early is hollow, and does not set the range", () => {
    const values = [...Array.from({ length: 9 }, (_, i) => 1 - i / 10), 60];
    const partial = values.map((_, i) => (i === 9 ? 1 : NaN));
    const store = epochs(values, { partial });
    const training = traces({ store }).find(({ name }) => name === "training")!;
    expect((training.marker!.symbol as string[]).slice(-2)).toEqual(["circle", "circle-open"]);
    expect(input({ store }).outside.above).toBe(60);
  });

  test("what lies outside has a sign, and can be shown", () => {
    const store = epochs([90, ...Array.from({ length: 20 }, (_, i) => 1 - i / 40)]);
    const drawn = input({ store });
    expect(drawn.yRange[1]).toBeLessThan(10);
    expect(drawn.outside).toEqual({ above: 90, below: null });
    expect(outsideAnnotations(drawn)).toMatchObject([{ text: "▲ 90", x: 0, xanchor: "right" }]);
    const all = input({ store }, LOSS, "all");
    expect(all.yRange[1]).toBeGreaterThan(90);
    expect(all.outside.above).toBe(null);
  });

  test("the numbers of marks are above the frame, at their lines", () => {
    const marks = [1, 15, 15.5, 40].map((step) => {
      return {
        kind: "user",
        text: { key: "Pause", values: [] },
        step,
        epoch: step / 20,
        seconds: step,
      };
    });
    for (const above of [null, 90]) {
      const drawn = traces({
        store: storeWith({ ...FULL, marks }),
        outside: { above, below: null },
      });
      const labels = drawn.find(({ mode }) => mode === "text")!;
      expect(labels.text).toEqual(["1", "2–3", "4"]);
      expect(labels.x.at(-1)).toBeGreaterThan(39);
    }
  });
});

test("the page's key for Plotly names the version that is bundled", () => {
  const { version } = packageLock.packages["node_modules/plotly.js-basic-dist-min"];
  expect(PLOTLY_KEY).toBe(`plotly@${version}`);
});
