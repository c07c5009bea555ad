// @vitest-environment jsdom
/** Tests of the builder in a notebook's output: a table, the widget of its kernel, saved data. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Signal } from "@lumino/signaling";
import type { Widget } from "@lumino/widgets";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { WidgetNotebook } from "../../src/lab/builderRenderer";
import { sharedPages, synchronize } from "./sharedNotebook";
import { stubMissingInJsdom } from "./stubs";

const VIEW = "application/vnd.jupyter.widget-view+json";
const OURS = "application/vnd.kwidgets.builder+json";

let builderRendererFactory: typeof import("../../src/lab/builderRenderer").builderRendererFactory;
let LuminoWidget: typeof Widget;
beforeAll(async () => {
  stubMissingInJsdom();
  ({ builderRendererFactory } = await import("../../src/lab/builderRenderer"));
  ({ Widget: LuminoWidget } = await import("@lumino/widgets"));
});

class FakeNotebook {
  comms: Record<string, object> = { w1: {} };
  readonly kernel = {
    status: "idle",
    requestCommInfo: async () => ({ content: { status: "ok", comms: this.comms } }),
  };
  readonly session = { kernel: this.kernel };
  readonly statusChanged = new Signal<this, string>(this);
  readonly kernelChanged = new Signal<this, unknown>(this);
  readonly drawn: string[] = [];
  factory: object | undefined = {};
  model: object = { collaborative: false };
  /** What the widget manager writes into its output. */
  draws = "<div><p>live</p></div>";

  get home(): WidgetNotebook {
    const rendermime = {
      getFactory: () => this.factory,
      createRenderer: () => {
        const widget = new LuminoWidget();
        const renderModel = async (model: IRenderMime.IMimeModel) => {
          this.drawn.push((model.data[VIEW] as { model_id: string }).model_id);
          widget.node.innerHTML = this.draws;
        };
        return Object.assign(widget, { renderModel });
      },
    };
    const panel = { context: { model: this.model } };
    return { rendermime, sessionContext: this, panel } as unknown as WidgetNotebook;
  }
}

function saved(code = "import keras", modelId = "w1") {
  const table = {
    v: 1,
    title: "digits",
    columns: ["Layer"],
    rows: [["Dense"]],
    totals: "",
    code,
    restore: "",
    run: null,
  };
  return { [OURS]: table, [VIEW]: { model_id: modelId } };
}

let notebook: FakeNotebook;
let setData: ReturnType<typeof vi.fn>;
let renderer: IRenderMime.IRenderer;
function model(data: object, trusted = true) {
  return { data, trusted, metadata: {}, setData } as unknown as IRenderMime.IMimeModel;
}
beforeEach(() => {
  notebook = new FakeNotebook();
  setData = vi.fn();
  renderer = builderRendererFactory(notebook.home).createRenderer({} as never);
});

const shown = () => {
  const [table, view] = [...renderer.node.children] as HTMLElement[];
  return {
    table: !table!.classList.contains("lm-mod-hidden"),
    view: view !== undefined && view.style.display !== "none",
  };
};

test("a live widget replaces the table", async () => {
  await renderer.renderModel(model(saved()));
  expect(shown()).toEqual({ table: false, view: true });
});

test.each<[string, (notebook: FakeNotebook) => void]>([
  ["the kernel has no such widget", (it) => Object.assign(it, { comms: {} })],
  ["there is no widget manager", (it) => Object.assign(it, { factory: undefined })],
  ["the manager has nothing but words", (it) => Object.assign(it, { draws: "Loading widget..." })],
])("the table stays when %s", async (_, change) => {
  change(notebook);
  await renderer.renderModel(model(saved()));
  expect(shown()).toEqual({ table: true, view: false });
  expect(renderer.node.textContent).toContain("Dense");
});

test("an untrusted output draws no widget", async () => {
  await renderer.renderModel(model(saved(), false));
  expect(notebook.drawn).toEqual([]);
  expect(shown().table).toBe(true);
});

test("a busy kernel receives no request", async () => {
  notebook.comms = {};
  notebook.kernel.status = "busy";
  await renderer.renderModel(model(saved()));
  expect(shown().view).toBe(true);
});

test("a manager that comes later draws the widget", async () => {
  notebook.draws = "Loading widget...";
  await renderer.renderModel(model(saved()));
  notebook.draws = "<div><p>live</p></div>";
  notebook.factory = {};
  notebook.statusChanged.emit("idle");
  await vi.waitFor(() => expect(shown()).toEqual({ table: false, view: true }));
});

test("the same widget stays when other data comes, another one is redrawn", async () => {
  await renderer.renderModel(model(saved()));
  await renderer.renderModel(model(saved("# new")));
  expect(notebook.drawn).toEqual(["w1"]);
  notebook.comms.w2 = {};
  await renderer.renderModel(model(saved("", "w2")));
  expect(notebook.drawn).toEqual(["w1", "w2"]);
  expect(renderer.node.children).toHaveLength(2);
});

test("a view's data are saved, once", async () => {
  await renderer.renderModel(model(saved()));
  const hand = (detail: object | null) =>
    !renderer.node.lastElementChild!.dispatchEvent(
      new CustomEvent("kwidgets:bundle", { bubbles: true, cancelable: true, detail }),
    );
  expect(hand(null)).toBe(true);
  const { [OURS]: table } = saved("# new");
  expect(hand({ [OURS]: table })).toBe(true);
  expect(setData).toHaveBeenCalledExactlyOnceWith({ data: { ...saved(), [OURS]: table } });
  hand({ [OURS]: saved()[OURS] });
  expect(setData).toHaveBeenCalledTimes(1);
});

test("unreadable data are reported, not thrown", async () => {
  await renderer.renderModel(model({ [OURS]: { v: 2 } }));
  expect(renderer.node.textContent).toContain("Cannot read");
  renderer.dispose();
});

test("pages of a shared notebook that save at the same time leave one output", async () => {
  const pages = sharedPages(2, saved());
  const renderers = pages.map(({ model }) => {
    const notebook = new FakeNotebook();
    notebook.model = model;
    return builderRendererFactory(notebook.home).createRenderer({} as never);
  });
  for (const renderer of renderers) await renderer.renderModel(model(saved()));
  for (const code of ["# new", "# newer"]) {
    const detail = { [OURS]: saved(code)[OURS] };
    for (const { node } of renderers) {
      node.lastElementChild!.dispatchEvent(
        new CustomEvent("kwidgets:bundle", { bubbles: true, cancelable: true, detail }),
      );
    }
    synchronize(pages);
    for (const page of pages) expect(page.outputs.map(({ data }) => data)).toEqual([saved(code)]);
  }
  expect(setData).not.toHaveBeenCalled();
});
