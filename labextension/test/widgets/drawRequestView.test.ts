// @vitest-environment jsdom
/** Tests of views that request what they show, in the comm of their widget. */

import { expect, test, vi } from "vitest";
import { drawRequestView } from "../../src/widgets/drawRequestView";

type Listener = (...args: unknown[]) => void;

/** A model of ipywidgets. */
function fakeModel(values: Record<string, unknown> = {}) {
  const listeners = new Map<string, Set<Listener>>();
  return {
    get: (name: string) => values[name],
    on: (event: string, listener: Listener) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off: (event: string, listener: Listener) => listeners.get(event)?.delete(listener),
    send: vi.fn(),
    emit: (event: string, ...args: unknown[]) => {
      for (const listener of listeners.get(event) ?? []) listener(...args);
    },
  };
}

function open() {
  const model = fakeModel({ saved: "saved" });
  const library = fakeModel();
  const el = document.createElement("div");
  const view = {
    source: { receive: vi.fn() },
    store: { setSource: vi.fn(), follow: vi.fn() },
    mount: (note: string) => {
      el.textContent = `view ${note}`;
      return () => {
        el.textContent = "";
      };
    },
    withoutKernel: () => "the kernel is gone",
  };
  const make = vi.fn((_: unknown, send: (message: never) => void) => {
    send({ kind: "list_runs", payload: {}, id: "a" } as never);
    return view;
  });
  const end = drawRequestView({ model, el } as never, library as never, make as never);
  return { model, library, el, view, make, end };
}

test("a view is made of what is saved, and its requests and their answers go over the comm", () => {
  const { model, view, make, el } = open();
  expect(make.mock.calls[0]![0]).toBe("saved");
  expect(model.send.mock.calls).toEqual([[{ v: 1, kind: "list_runs", payload: {}, id: "a" }]]);
  model.emit("msg:custom", { id: "a" });
  expect(view.source.receive).toHaveBeenCalledWith({ id: "a" });
  expect(el.textContent).toBe("view ");
});

test("a view whose kernel is gone says so", () => {
  const { model, view, el } = open();
  model.emit("comm_live_update");
  expect(view.store.setSource).toHaveBeenCalledWith(null);
  expect(el.textContent).toBe("view the kernel is gone");
});

test("a view that is removed hears nothing more", () => {
  const { model, library, view, el, end } = open();
  end();
  end();
  model.emit("msg:custom", {});
  library.emit("change:messages");
  expect(view.source.receive).not.toHaveBeenCalled();
  expect(el.textContent).toBe("");
});
