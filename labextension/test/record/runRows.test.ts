/** Which runs a table marks as the best ones. */

import { expect, it } from "vitest";
import { bestRuns, valueColumns } from "../../src/record/runRows";
import { row } from "./fakeRuns";

const runs = [
  row("a", { values: new Map([["loss", 0.5]]) }),
  row("b", { values: new Map([["loss", 0.2]]) }),
];
const best = (rows: typeof runs) =>
  valueColumns(rows).map((column) => [column.key, [...bestRuns(rows, column)]]);

it("marks the smallest loss", () => {
  expect(best(runs)).toContainEqual(["loss", ["b"]]);
});

it("marks none where the runs are of several notebooks or have other metrics", () => {
  const other = row("c", { values: new Map([["loss", 0.1]]), notebook: "other.ipynb" });
  const metrics = [...other.metrics, { name: "mae", direction: "min" as const }];
  expect(best([...runs, other])).toContainEqual(["loss", []]);
  expect(best([...runs, { ...other, notebook: null, metrics }])).toContainEqual(["loss", []]);
});
