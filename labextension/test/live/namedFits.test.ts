/** Of many fits over each other: which are named with their values. */

import { expect, test } from "vitest";
import { namedFits } from "../../src/live/chart/namedFits";
import { hiddenSides } from "../../src/live/components/ScrollBox";
import { parseMessage } from "../../src/live/parse";
import { RunStore } from "../../src/live/store";
import { wireMetric, wireRun, wireSnapshot, wireTable } from "./messages";

function drawnFit(fit: number, loss: number) {
  const store = new RunStore(() => {});
  const metrics = [wireMetric("loss")];
  const epoch = wireTable({ step: [1], epoch: [1], seconds: [1], "training/loss": [loss] });
  store.receive(parseMessage(wireSnapshot({ run: wireRun({ fit, metrics }), epoch })));
  return { fit, name: "model", store };
}

function named(losses: readonly number[], shown: number) {
  const fits = losses.map((loss, i) => drawnFit(i + 1, loss));
  const first = fits[shown - 1]!;
  const metric = first.store.run!.metrics[0]!;
  const { named, others, best } = namedFits(
    [first, ...fits.filter((fit) => fit !== first)],
    metric,
  );
  return [named.map(({ fit }) => fit), others.map(({ fit }) => fit), best];
}

test("the fit that is shown comes first, then the best, then the newest", () => {
  expect(named([5, 0.5, 4, 3, 2, 6], 6)).toEqual([[6, 2, 5], [4, 3, 1], 2]);
  expect(named([5, 0.5, 4, 3], 3)).toEqual([[3, 2, 4, 1], [], 2]);
  expect(named([3], 1)).toEqual([[1], [], null]);
});

test("a table says at which sides it hides something", () => {
  const box = { clientWidth: 100, clientHeight: 50, scrollHeight: 50, scrollTop: 0 };
  const sides = (scrollLeft: number, scrollWidth: number) =>
    hiddenSides({ ...box, scrollLeft, scrollWidth });
  expect([sides(0, 100), sides(0, 180), sides(40, 180), sides(79.6, 180)]).toEqual([
    "",
    "right",
    "left right",
    "left",
  ]);
});
