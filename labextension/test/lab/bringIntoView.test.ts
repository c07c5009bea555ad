// @vitest-environment jsdom
/** When a notebook is scrolled to a view that opens below the running cell, and how far. */

import { Signal } from "@lumino/signaling";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bringIntoView, watchExecutions } from "../../src/lab/bringIntoView";

const resized: (() => void)[] = [];
vi.stubGlobal(
  "ResizeObserver",
  class {
    private callback: () => void;
    constructor(callback: () => void) {
      this.callback = callback;
    }
    observe() {
      resized.push(this.callback);
    }
    disconnect() {
      resized.splice(resized.indexOf(this.callback), 1);
    }
  },
);

const scheduled = new Signal<object, { cell: unknown }>({});
const executed = new Signal<object, { cell: unknown }>({});
watchExecutions({ executionScheduled: scheduled, executed } as never);

/** Elements with a place in a window of 600 pixels; scrolling moves them. */
function box(className: string, top: number, height: number): HTMLElement {
  const element = document.createElement("div");
  element.className = className;
  element.getBoundingClientRect = () =>
    ({ top: top - scrolled, bottom: top + height - scrolled }) as DOMRect;
  return element;
}

let scrolled = 0;
let cell: { node: HTMLElement; inputArea: { node: HTMLElement } };
let view: HTMLElement;
let lifetime: AbortController;

function show(inputTop: number, viewHeight: number): void {
  scrolled = 0;
  const frame = box("jp-WindowedPanel-outer", 0, 600);
  frame.getBoundingClientRect = () => ({ top: 0, bottom: 600 }) as DOMRect;
  frame.scrollBy = ((by: ScrollToOptions) => {
    scrolled += by.top ?? 0;
  }) as typeof frame.scrollBy;
  cell = { node: box("", inputTop, 1000), inputArea: { node: box("", inputTop, 100) } };
  view = box("", inputTop + 100, viewHeight);
  cell.node.append(view);
  frame.append(cell.node);
  document.body.append(frame);
}

beforeEach(() => {
  lifetime = new AbortController();
  show(450, 300);
});
afterEach(() => {
  lifetime.abort();
  executed.emit({ cell });
  document.body.replaceChildren();
});

/** Run the cell, let `between` happen, draw the view; return by how much the notebook scrolled. */
function run(between = () => {}): number {
  scheduled.emit({ cell });
  between();
  draw();
  return scrolled;
}

function draw(): void {
  bringIntoView(view, lifetime.signal);
  for (const callback of [...resized]) callback();
}

test("the whole view is shown, with its charts when they come", () => {
  expect(run()).toBe(450 + 100 + 300 + 8 - 600);
  view.getBoundingClientRect = () => ({ top: 550 - scrolled, bottom: 950 - scrolled }) as DOMRect;
  for (const callback of [...resized]) callback();
  expect(scrolled).toBe(950 + 8 - 600);
});

test("of a view that is too high, the beginning is shown", () => {
  show(450, 900);
  expect(run()).toBe(550 - 8);
});

test("a view that can be seen stays where it is", () => {
  show(50, 300);
  expect(run()).toBe(0);
});

test("when a cell runs again, its header that JupyterLab has scrolled past is shown whole", () => {
  show(-130, 300);
  expect(run()).toBe(-30 - 8);
  executed.emit({ cell });
  show(-500, 300);
  expect(run()).toBe(0);
});

test.each([
  ["wheel", new Event("wheel")],
  ["a click", new Event("pointerdown")],
  ["a key", new KeyboardEvent("keydown", { key: "ArrowDown" })],
])("after %s nothing moves, not later either", (_, event) => {
  expect(run(() => window.dispatchEvent(event))).toBe(0);
  expect(resized).toEqual([]);
});

test("the keys that started the cell may be held for a while", () => {
  const held = [
    new KeyboardEvent("keydown", { key: "Control" }),
    new KeyboardEvent("keydown", { key: "Enter", repeat: true }),
  ];
  const press = () => {
    for (const event of held) window.dispatchEvent(event);
  };
  expect(run(press)).toBeGreaterThan(0);
});

test("a cell that is off screen, was not started here, or has ended scrolls nothing", () => {
  show(700, 300);
  expect(run()).toBe(0);
  executed.emit({ cell });
  show(450, 300);
  draw();
  expect(scrolled).toBe(0);
  expect(run(() => executed.emit({ cell }))).toBe(0);
});
