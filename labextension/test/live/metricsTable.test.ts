/** Tests of the table of metrics as plain data. */

import { expect, test } from "vitest";
import { metricsCsv } from "../../src/live/metricsTable";
import { RunStore } from "../../src/live/store";
import { snapshot, wireMetric, wireRun, wireTable } from "./messages";

test("the CSV has all epochs, oldest first, with the digits that the kernel sent", () => {
  const store = new RunStore(() => {});
  const epoch = wireTable({
    step: [20, 40],
    epoch: [1, 2],
    seconds: [0.5, 1],
    "training/loss": [0.1, 0.05],
    "validation/loss": [1e-7, NaN],
    'training/a,"b"': [3, 4],
  });
  const metrics = [wireMetric("loss"), wireMetric('a,"b"')];
  store.receive(snapshot({ run: wireRun({ metrics }), epoch }));
  expect(metricsCsv(store).split("\r\n")).toEqual([
    'epoch,step,seconds,loss,val_loss,"a,""b"""',
    "1,20,0.5,0.1,1e-7,3",
    "2,40,1,0.05,,4",
    "",
  ]);
});
