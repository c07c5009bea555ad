// @vitest-environment jsdom
/** The empty states of the panel, and which of them is shown for a kernel. */

import { render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EmptyState, type PanelActions } from "../../src/lab/panel/EmptyState";
import { namesAt } from "../../src/lab/panel/nameAtCursor";
import {
  type PanelState,
  type PanelStateInput,
  panelStateOf,
} from "../../src/lab/panel/panelState";
import { pageLanguage, setMessages, t } from "../../src/shared/translation";

let place: HTMLElement;

beforeEach(() => {
  place = document.createElement("div");
  document.body.append(place);
});

afterEach(() => {
  render(null, place);
  place.remove();
});

function show(state: PanelState, actions: Partial<PanelActions> = {}): string {
  const all = { load: () => {}, ...actions };
  render(<EmptyState state={state} actions={all} />, place);
  return place.textContent ?? "";
}

test("each empty state says what to do", () => {
  const faces: [PanelState, string, string][] = [
    [{ is: "no-notebook" }, "No notebook is open", "Open a notebook"],
    [{ is: "no-kernel" }, "This notebook has no kernel", "Choose a kernel"],
    [{ is: "connecting" }, "Connecting to the kernel", "starting"],
    [{ is: "not-python", language: "R" }, "does not run Python", "Its language is R"],
    [{ is: "absent", loading: { is: "not-requested" } }, "is not loaded", "%load_ext kwidgets"],
    [{ is: "absent", loading: { is: "requested" } }, "Loading…", "when the running cell has ended"],
    [{ is: "absent", loading: { is: "not-installed" } }, "is not installed", "%pip install"],
    [{ is: "absent", loading: { is: "failed", message: "Why." } }, "Loading failed. Why.", ""],
    [{ is: "refused", message: "Upgrade this." }, "Incompatible versions", "Upgrade this."],
    [{ is: "lost", dead: false }, "Connection lost", "reconnecting"],
    [{ is: "lost", dead: true }, "The kernel has died", "Restart the kernel"],
    [{ is: "open", models: null as never }, "No Keras models yet", "keras.Sequential"],
  ];
  for (const [state, title, advice] of faces) {
    const text = show(state);
    expect(text).toContain(title);
    expect(text).toContain(advice);
  }
});

test("buttons are shown where they can do something", () => {
  const load = vi.fn();
  const chooseKernel = vi.fn();
  const insertCode = vi.fn();
  show({ is: "absent", loading: { is: "not-requested" } }, { load });
  place.querySelector("button")?.click();
  expect(load).toHaveBeenCalledOnce();
  show({ is: "no-kernel" });
  expect(place.querySelector("button")).toBeNull();
  show({ is: "no-kernel" }, { chooseKernel });
  place.querySelector("button")?.click();
  expect(chooseKernel).toHaveBeenCalledOnce();
  show({ is: "open", models: null as never }, { insertCode });
  place.querySelector("button")?.click();
  expect(insertCode.mock.calls[0]?.[0]).toContain("keras.Sequential");
});

function facts(change: Record<string, unknown>): PanelStateInput {
  return {
    sessionContext: { kernelDisplayStatus: "idle" },
    sessionReady: true,
    language: "python",
    models: { channel: { state: { is: "absent" } } },
    loading: { is: "not-requested" },
    ...change,
  } as unknown as PanelStateInput;
}

test("the state of the panel follows from the notebook and its kernel", () => {
  expect(panelStateOf(facts({ sessionContext: null })).is).toBe("no-notebook");
  expect(panelStateOf(facts({ models: null })).is).toBe("no-kernel");
  const starting = { sessionContext: { kernelDisplayStatus: "starting" }, models: null };
  expect(panelStateOf(facts(starting)).is).toBe("connecting");
  const early = { sessionContext: { kernelDisplayStatus: "initializing" }, models: null };
  expect(panelStateOf(facts({ ...early, sessionReady: false })).is).toBe("connecting");
  expect(panelStateOf(facts({ language: "julia" }))).toEqual({
    is: "not-python",
    language: "julia",
  });
  expect(panelStateOf(facts({})).is).toBe("absent");
  // While the language is unknown, it may be Python.
  expect(panelStateOf(facts({ language: null })).is).toBe("absent");
  const lost = { models: { channel: { state: { is: "lost", dead: true } } } };
  expect(panelStateOf(facts(lost))).toEqual({ is: "lost", dead: true });
  const open = { channel: { state: { is: "open" } } };
  // A kernel that answers has kwidgets, whatever its spec's language.
  expect(panelStateOf(facts({ models: open, language: "R" })).is).toBe("open");
});

test.each([
  ["model.fit(x)", 2, ["model.fit", "model"]],
  ["y = nets[0].predict(x)", 5, ["nets[0].predict", "nets[0]", "nets"]],
  ["y = by_name['a']", 14, ["by_name['a']", "by_name"]],
  ["fit(model)", 10, []],
  ["fit(model)", 9, ["model"]],
  ["", 0, []],
  ["  # ", 3, []],
])("the name in %j at %i", (line, column, names) => {
  expect(namesAt(line, column)).toEqual(names);
});

test("texts come from the catalogue, with their values", () => {
  setMessages({
    "": { domain: "kwidgets", language: "zh-CN" },
    "%1 of %2 layers": ["%2 层中的 %1"],
  });
  expect(t("%1 of %2 layers", 3, 9)).toBe("9 层中的 3");
  expect(pageLanguage()).toBe("zh-CN");
  setMessages(null);
  expect(t("%1 of %2 layers", 3, 9)).toBe("3 of 9 layers");
  expect(pageLanguage()).toBe("en");
});
