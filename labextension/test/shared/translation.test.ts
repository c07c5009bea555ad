/** Checks that every text goes through `t`, with a literal that the catalogue has. */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const SOURCES = join(import.meta.dirname, "../../src");
const CATALOGUE = join(
  import.meta.dirname,
  "../../../kwidgets/locale/zh_CN/LC_MESSAGES/kwidgets.json",
);

/** Attributes, ours and HTML's, whose values users read or hear. */
const SPOKEN = new Set(
  "aria-label aria-description aria-valuetext aria-roledescription title placeholder alt label".split(
    " ",
  ),
);
/** Elements whose text is code or a key's name, the same in all languages. */
const CODE = new Set(["code", "kbd", "pre"]);

const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".d.ts"))
  .map((name) => {
    const path = join(SOURCES, name);
    return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  });

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

function isTranslation(node: ts.Node): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "t"
  );
}

function* ancestors(node: ts.Node): Generator<ts.Node> {
  for (let at = node.parent; at; at = at.parent) yield at;
}

function place(node: ts.Node): string {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${relative(SOURCES, file.fileName)}:${line + 1}: ${node.getText().slice(0, 60)}`;
}

function places(found: (node: ts.Node) => boolean): string[] {
  return files.flatMap((file) => [...nodesOf(file)].filter(found).map(place));
}

function placesIn(text: string): string[] {
  return [...new Set(text.match(/%[1-9]/g) ?? [])].sort();
}

const calls = files.flatMap((file) => [...nodesOf(file)].filter(isTranslation));
const catalogue = JSON.parse(readFileSync(CATALOGUE, "utf8")) as Record<string, string[]>;

test("each call of t has a literal that the catalogue has, and a value for each place in it", () => {
  expect(calls.length).toBeGreaterThan(300);
  for (const call of calls) {
    const [text, ...values] = call.arguments;
    expect(text && ts.isStringLiteral(text), place(call)).toBe(true);
    const literal = (text as ts.StringLiteral).text;
    expect(catalogue[literal], place(call)).toHaveLength(1);
    expect(placesIn(catalogue[literal]![0]!), place(call)).toEqual(placesIn(literal));
    expect(placesIn(literal), place(call)).toHaveLength(values.length);
  }
});

test("t is called when something is drawn, not when the code is loaded", () => {
  const early = calls.filter((call) => ![...ancestors(call)].some(ts.isFunctionLike));
  expect(early.map(place)).toEqual([]);
});

test("no text between tags stands outside of t", () => {
  const untranslated = places((node) => {
    if (!ts.isJsxText(node) || !/\p{L}/u.test(node.text)) return false;
    const element = node.parent;
    return !(ts.isJsxElement(element) && CODE.has(element.openingElement.tagName.getText()));
  });
  expect(untranslated).toEqual([]);
});

test("no words of an attribute stand outside of t", () => {
  const untranslated = places((node) => {
    if (!ts.isStringLiteralLike(node) && !ts.isTemplateExpression(node)) return false;
    const text = ts.isTemplateExpression(node)
      ? node.head.text + node.templateSpans.map(({ literal }) => literal.text).join("")
      : node.text;
    if (!/\p{L}{2}/u.test(text)) return false;
    for (const at of ancestors(node)) {
      if (isTranslation(at) || ts.isBinaryExpression(at)) return false;
      if (ts.isJsxAttribute(at)) return SPOKEN.has(at.name.getText());
      if (ts.isFunctionLike(at)) return false;
    }
    return false;
  });
  expect(untranslated).toEqual([]);
});
