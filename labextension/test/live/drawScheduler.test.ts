/** Tests of the draw scheduler, with a fake clock. */

import { beforeEach, expect, test } from "vitest";
import { DrawScheduler, type ScheduledChart } from "../../src/live/chart/drawScheduler";

/** A clock that a test advances, also by the time that a drawing takes. */
class FakeClock {
  time = 0;
  private tasks: { at: number; task: () => void }[] = [];

  now = () => this.time;

  schedule = (task: () => void, delay: number) => {
    const entry = { at: this.time + delay, task };
    this.tasks.push(entry);
    return () => {
      this.tasks = this.tasks.filter((other) => other !== entry);
    };
  };

  run(until: number): void {
    for (;;) {
      const next = this.tasks.sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > until) break;
      this.tasks.shift();
      this.time = Math.max(this.time, next.at);
      next.task();
    }
    this.time = Math.max(this.time, until);
  }
}

let clock: FakeClock;
let scheduler: DrawScheduler;
beforeEach(() => {
  clock = new FakeClock();
  scheduler = new DrawScheduler(clock);
});

function addChart(cost: number): { chart: ScheduledChart; drawn: number[] } {
  const drawn: number[] = [];
  const chart = scheduler.add(() => {
    drawn.push(clock.time);
    clock.time += cost;
  });
  chart.setVisible(true);
  return { chart, drawn };
}

function stream(charts: ScheduledChart[], seconds: number): void {
  const end = clock.time + seconds * 1000;
  while (clock.time < end) {
    for (const chart of charts) chart.invalidate();
    clock.run(clock.time + 20);
  }
}

test("the first drawing is at once, later ones at most five times a second", () => {
  const { chart, drawn } = addChart(1);
  clock.run(0);
  expect(drawn).toEqual([0]);
  stream([chart], 2);
  expect(drawn.length).toBeGreaterThan(8);
  expect(drawn.length).toBeLessThanOrEqual(11);
});

test("charts are drawn in rounds, without a rest between them", () => {
  const charts = [addChart(30), addChart(30), addChart(30)];
  clock.run(0);
  stream(
    charts.map(({ chart }) => chart),
    10,
  );
  const [first, , third] = charts.map(({ drawn }) => drawn);
  for (const [i, at] of first!.slice(2, -1).entries()) {
    expect(Math.abs(third![i + 2]! - at)).toBeLessThan(150);
  }
});

test("slow drawings come less often: under a tenth of the time", () => {
  const charts = [addChart(30), addChart(30), addChart(30)];
  clock.run(0);
  for (const { drawn } of charts) drawn.length = 0;
  const began = clock.time;
  stream(
    charts.map(({ chart }) => chart),
    20,
  );
  const counts = charts.map(({ drawn }) => drawn.length);
  const total = counts.reduce((a, b) => a + b) * 30;
  expect(total).toBeLessThan(0.1 * (clock.time - began));
  // Each has its turn.
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
});

test("a chart off screen is not drawn until it comes back", () => {
  const { chart, drawn } = addChart(1);
  clock.run(0);
  chart.setVisible(false);
  stream([chart], 1);
  expect(drawn).toHaveLength(1);
  chart.setVisible(true);
  clock.run(clock.time + 1);
  expect(drawn).toHaveLength(2);
});

test("nothing is drawn during a drag, and the last state after it", () => {
  const { chart, drawn } = addChart(1);
  clock.run(0);
  const release = scheduler.suspend();
  stream([chart], 2);
  expect(drawn).toHaveLength(1);
  release();
  release();
  clock.run(clock.time + 300);
  expect(drawn).toHaveLength(2);
});

test("the last state is always drawn", () => {
  const { chart, drawn } = addChart(1);
  clock.run(0);
  chart.invalidate();
  clock.run(50);
  expect(drawn).toHaveLength(1);
  clock.run(10_000);
  expect(drawn).toHaveLength(2);
});

test("an action of the user is drawn at once", () => {
  const { chart, drawn } = addChart(50);
  clock.run(0);
  chart.invalidate();
  clock.run(300);
  chart.invalidate(true);
  const asked = clock.time;
  clock.run(asked);
  expect(drawn.at(-1)).toBe(asked);
});

test("a removed chart is not drawn, and one that fails does not stop the others", () => {
  const { chart, drawn } = addChart(1);
  chart.remove();
  const failing = scheduler.add(() => {
    throw new Error("no canvas");
  });
  failing.setVisible(true);
  const other = addChart(1);
  const log = console.error;
  console.error = () => {};
  clock.run(100);
  console.error = log;
  expect(drawn).toHaveLength(0);
  expect(other.drawn).toHaveLength(1);
});
