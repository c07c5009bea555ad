/** Tests of the tutorials in the launcher: those of examples/, copied without replacing a file. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { iconOf } from "../../src/lab/tutorials/icons";
import { freeName, tutorials } from "../../src/lab/tutorials/tutorials";

const EXAMPLES = new URL("../../../examples/", import.meta.url);

function titleOf(file: string): string {
  const { cells } = JSON.parse(readFileSync(new URL(file, EXAMPLES), "utf8"));
  return cells[0].source[0].replace(/^# /, "").trim();
}

test("each notebook has a card of its title", () => {
  const notebooks = readdirSync(EXAMPLES)
    .filter((file) => file.endsWith(".ipynb"))
    .sort();
  expect(tutorials()).toEqual(
    notebooks.map((file) => ({ name: file.replace(".ipynb", ""), title: titleOf(file) })),
  );
});

test("each tutorial has an icon of its own", () => {
  const drawings = tutorials().map(({ name }) => iconOf(name));
  expect(drawings.join()).not.toContain("undefined");
  expect(new Set(drawings).size).toBe(drawings.length);
});

test("a copy has a name of its own", () => {
  const taken = new Set(["a.ipynb", "a-1.ipynb"]);
  expect(freeName("a", taken)).toBe("a-2.ipynb");
  expect(freeName("b", taken)).toBe("b.ipynb");
});
