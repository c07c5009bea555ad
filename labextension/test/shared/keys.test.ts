// @vitest-environment jsdom
/** Which keys belong to which control, and what the page around it receives. */

import { afterEach, expect, test } from "vitest";
import { isKeyOfControl, keepKeys } from "../../src/shared/keys";

const SUPPRESS = "data-lm-suppress-shortcuts";

let release = () => {};
afterEach(() => {
  release();
  document.body.replaceChildren();
});

/** Put a control into a root of its own; return it. */
function show(html: string): HTMLElement {
  const root = document.createElement("div");
  root.innerHTML = html;
  document.body.append(root);
  release = keepKeys(root);
  return root.querySelector<HTMLElement>("[data-focus]") ?? (root.firstElementChild as HTMLElement);
}

/** Press "Control+Shift+c" on an element. */
function press(element: Element, combination: string, more: KeyboardEventInit = {}) {
  const names = combination.split("+");
  const key = names.pop() || "+";
  const event = new KeyboardEvent("keydown", {
    key,
    ctrlKey: names.includes("Control"),
    shiftKey: names.includes("Shift"),
    altKey: names.includes("Alt"),
    metaKey: names.includes("Meta"),
    bubbles: true,
    cancelable: true,
    composed: true,
    ...more,
  });
  let isKept = false;
  const decide = (given: Event) => {
    isKept = isKeyOfControl(given as KeyboardEvent);
  };
  element.addEventListener("keydown", decide, { once: true });
  element.dispatchEvent(event);
  return isKept;
}

const OF_THE_NOTEBOOK = ["x", "d", "a", "b", "m", "z", "Shift+M", "0", "i", "Delete", "Escape"];
const MOVES = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp"];
const ALWAYS_KEPT = [...OF_THE_NOTEBOOK, ...MOVES, "Enter", "Shift+Enter", " ", "Tab", "+", "-"];
const NEVER_KEPT = ["Control+s", "Meta+s", "Control+Shift+C", "Control+b", "F5", "F11", "Alt+1"];
const NEVER_KEPT_ON_BUTTONS = [...NEVER_KEPT, "Control+Enter", "Alt+Enter", "Control+a"];
const EDITING = ["Control+z", "Control+Shift+Z", "Meta+v", "Control+c", "Control+x", "Control+a"];
const MOVES_IN_TEXT = ["Control+ArrowLeft", "Alt+ArrowRight", "Control+Shift+End"];
const IN_TEXT = [...EDITING, ...MOVES_IN_TEXT, "Control+Backspace", "Alt+Delete", "Control+Enter"];

test.each([
  ["a button", "<button>Stop</button>", [], NEVER_KEPT_ON_BUTTONS],
  ["a slider", '<input type="range">', [], NEVER_KEPT_ON_BUTTONS],
  ["a radio button", '<input type="radio">', [], NEVER_KEPT_ON_BUTTONS],
  ["a checkbox", '<input type="checkbox">', [], NEVER_KEPT_ON_BUTTONS],
  ["a text field", "<input>", IN_TEXT, NEVER_KEPT],
  ["a spinbutton", '<input type="text" role="spinbutton">', IN_TEXT, NEVER_KEPT],
  ["a number field", '<input type="number">', IN_TEXT, NEVER_KEPT],
  ["a combobox", '<input role="combobox">', IN_TEXT, NEVER_KEPT],
  ["a search field", '<input type="search">', IN_TEXT, NEVER_KEPT],
  ["lines of text", "<textarea></textarea>", IN_TEXT, NEVER_KEPT],
  ["a select", "<select></select>", ["Alt+ArrowDown", "Alt+ArrowUp"], NEVER_KEPT_ON_BUTTONS],
  ["a tree", '<div role="tree" tabindex="0"></div>', [], NEVER_KEPT_ON_BUTTONS],
  ["a tab", '<div role="tablist"><button role="tab"></button></div>', [], NEVER_KEPT_ON_BUTTONS],
  ["a grid", '<div role="grid" tabindex="0"></div>', [], NEVER_KEPT_ON_BUTTONS],
  [
    "a chart",
    '<figure tabindex="0" aria-keyshortcuts="Shift+ArrowLeft + - 0"></figure>',
    ["Shift+ArrowLeft"],
    NEVER_KEPT_ON_BUTTONS,
  ],
  [
    "a row of a list with shortcuts",
    '<ul aria-keyshortcuts="Alt+ArrowUp Control+D"><li tabindex="0" data-focus></li></ul>',
    ["Alt+ArrowUp", "Control+d", "Control+Backspace"],
    [...NEVER_KEPT_ON_BUTTONS, "Alt+ArrowLeft", "Control+Shift+D", "Control+Alt+d"],
  ],
  ["program text", '<pre tabindex="0"></pre>', [], NEVER_KEPT_ON_BUTTONS],
])("the keys of %s", (_, html, keptToo, passed) => {
  const control = show(html);
  const decisions = (keys: readonly string[]) => keys.map((key) => [key, press(control, key)]);
  const kept = [...ALWAYS_KEPT, ...keptToo];
  expect(decisions(kept)).toEqual(kept.map((key) => [key, true]));
  expect(decisions(passed)).toEqual(passed.map((key) => [key, false]));
});

test("characters typed with AltGr or an input method belong to the text field", () => {
  const field = show("<input>");
  expect(press(field, "Control+Alt+{", { modifierAltGraph: true })).toBe(true);
  expect(press(field, "Control+s", { isComposing: true })).toBe(true);
  expect(press(field, "Control", { ctrlKey: true })).toBe(false);
});

test("a page that listens on the way down sees the mark, one on the way up only its keys", () => {
  const button = show("<button>Stop</button>");
  const marked: boolean[] = [];
  const arrived: string[] = [];
  const lifetime = new AbortController();
  const { signal } = lifetime;
  const down = () => marked.push(button.closest(`[${SUPPRESS}]`) !== null);
  document.addEventListener("keydown", down, { capture: true, signal });
  document.addEventListener("keydown", (event) => arrived.push(event.key), { signal });
  for (const key of ["x", "Control+s", "ArrowDown"]) press(button, key);
  press(document.body, "a");
  expect(marked).toEqual([true, false, true, true]);
  expect(arrived).toEqual(["s", "a"]);
  release();
  press(button, "x");
  expect(marked.at(-1)).toBe(false);
  expect(arrived.at(-1)).toBe("x");
  lifetime.abort();
});

test("in a shadow root the page sees the mark on the element that has it", () => {
  const host = document.createElement("div");
  document.body.append(host);
  const root = document.createElement("div");
  root.innerHTML = "<button>Stop</button>";
  host.attachShadow({ mode: "open" }).append(root);
  release = keepKeys(root);
  const marked: unknown[] = [];
  const down = (event: Event) => marked.push(event.target === host && host.hasAttribute(SUPPRESS));
  document.addEventListener("keydown", down, { capture: true });
  press(root.firstElementChild!, "x");
  press(root.firstElementChild!, "Control+s");
  document.removeEventListener("keydown", down, { capture: true });
  expect(marked).toEqual([true, false]);
});

test("of nested views the inner one decides", () => {
  const outer = show('<section aria-keyshortcuts="Control+Z"><p><button></button></p></section>');
  const button = outer.querySelector("button")!;
  expect(press(button, "Control+z")).toBe(true);
  const releaseInner = keepKeys(outer.querySelector("p")!);
  expect(press(button, "Control+z")).toBe(false);
  expect(press(button, "x")).toBe(true);
  releaseInner();
});
