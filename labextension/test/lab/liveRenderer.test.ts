// @vitest-environment jsdom
/** Tests of what the live view writes into the output of its notebook. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Signal } from "@lumino/signaling";
import { act } from "preact/test-utils";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { RendererNotebook } from "../../src/lab/rendererNotebook";
import { MIME_TYPE } from "../../src/live/protocol";
import { part, TASKS } from "../insight/fixture";
import { wireProgress, wireSnapshot, wireUpdate } from "../live/messages";
import { type SharedPage, sharedPages, synchronize } from "./sharedNotebook";
import { stubMissingInJsdom } from "./stubs";

let liveRendererFactory: typeof import("../../src/lab/liveRenderer").liveRendererFactory;
beforeAll(async () => {
  stubMissingInJsdom();
  ({ liveRendererFactory } = await import("../../src/lab/liveRenderer"));
});

type Listener = { message(content: object): void };

/** A notebook with a kernel that has kwidgets. */
class FakeNotebook {
  readonly saveState = new Signal<this, string>(this);
  readonly kernelChanged = new Signal<this, unknown>(this);
  readonly session = { kernel: {} };
  readonly sent: { kind: string }[] = [];
  private listener: Listener | null = null;

  constructor(readonly model: object = { collaborative: false }) {}

  private readonly channel = {
    state: { is: "open" },
    listen: (listener: Listener) => {
      this.listener = listener;
    },
    send: (message: { kind: string }) => this.sent.push(message),
  };

  get home(): RendererNotebook {
    return {
      panel: { sessionContext: this, context: this },
      channels: { of: () => this.channel },
    } as unknown as RendererNotebook;
  }

  say(message: object): void {
    this.listener?.message({ ...message, run: "r1" });
  }
}

class Output {
  trusted = true;
  metadata = {};
  constructor(public data: Record<string, unknown>) {}
  setData({ data }: { data?: Record<string, unknown> }): void {
    this.data = data ?? this.data;
  }
  get status(): unknown {
    const saved = this.data[MIME_TYPE] as { payload: { progress: { status: string } } };
    return saved.payload.progress.status;
  }
}

const stopped = wireProgress({ status: "stopped" });
const bundle = {
  [MIME_TYPE]: wireSnapshot({ progress: stopped, final: true }),
  "text/html": "<img>",
  "text/plain": "Training stopped",
};

let notebook: FakeNotebook;
let output: Output;

async function render(data: Record<string, unknown>): Promise<void> {
  output = new Output(data);
  const renderer = liveRendererFactory(notebook.home).createRenderer({} as never);
  await renderer.renderModel(output as unknown as IRenderMime.IMimeModel);
}

beforeEach(() => {
  notebook = new FakeNotebook();
});

test("a save takes the curve so far, and the kernel's last output replaces it", async () => {
  await render({ [MIME_TYPE]: wireSnapshot(), "text/plain": "Live training view" });
  notebook.say(wireUpdate(1, { progress: stopped }));
  // Between the end of the fit and the kernel's last output.
  notebook.saveState.emit("started");
  expect(output.status).toBe("stopped");
  expect(output.data).not.toEqual(bundle);
  notebook.say({ kind: "bundle", payload: bundle });
  expect(output.data).toEqual(bundle);
  // Nothing is written into it any more.
  notebook.say(wireUpdate(2, { progress: stopped }));
  notebook.saveState.emit("started");
  expect(output.data).toEqual(bundle);
});

test("an output that was saved after the end but is not the kernel's last requests it", async () => {
  await render({ [MIME_TYPE]: wireSnapshot({ progress: stopped }) });
  expect(notebook.sent.map(({ kind }) => kind)).toEqual(["resync"]);
});

test("the kernel's last output requests nothing", async () => {
  await render(bundle);
  expect(notebook.sent).toEqual([]);
});

test("a tab of a fit that has ended asks the kernel for more than the notebook has", async () => {
  const insight = [part("predictions", TASKS.names!()).payload];
  const final = wireSnapshot({ progress: stopped, final: true, insight });
  const renderer = liveRendererFactory(notebook.home).createRenderer({} as never);
  document.body.append(renderer.node);
  await renderer.renderModel(
    new Output({ [MIME_TYPE]: final }) as unknown as IRenderMime.IMimeModel,
  );
  expect(notebook.sent).toEqual([]);
  await act(async () =>
    renderer.node.querySelector<HTMLElement>("[role=tab][id$=-predictions]")!.click(),
  );
  expect(notebook.sent.map(({ kind }) => kind)).toEqual(["resync"]);
  await act(async () => notebook.say(final));
  await vi.waitFor(() => expect(notebook.sent.map(({ kind }) => kind)).toContain("insight"));
  renderer.dispose();
});

test("of two tabs with the same file one changes it, the other one only when it is saved", async () => {
  const waiting: (() => Promise<void>)[] = [];
  const { navigator } = globalThis;
  vi.stubGlobal("navigator", {
    locks: {
      request: async (_: string, __: object, hold: () => Promise<void>) => waiting.push(hold),
    },
  });
  await render({ [MIME_TYPE]: wireSnapshot() });
  notebook.say(wireUpdate(1, { progress: stopped }));
  notebook.say({ kind: "bundle", payload: bundle });
  expect(output.status).toBe("running");
  void waiting[0]!();
  expect(output.data).toEqual(bundle);

  await render({ [MIME_TYPE]: wireSnapshot() });
  notebook.say(wireUpdate(1, { progress: stopped }));
  notebook.say({ kind: "bundle", payload: bundle });
  expect(output.status).toBe("running");
  notebook.saveState.emit("started");
  expect(output.data).toEqual(bundle);
  vi.stubGlobal("navigator", navigator);
});

/** Pages of one shared notebook; each has drawn the output of its cell. */
async function renderInPages(count: number, plain = false) {
  vi.useFakeTimers();
  const pages = sharedPages(count, encoded(), plain);
  const notebooks = pages.map((page) => new FakeNotebook(page.model));
  for (const [index, { home }] of notebooks.entries()) {
    const renderer = liveRendererFactory(home).createRenderer({} as never);
    await renderer.renderModel(new Output(pages[index]!.outputs[0]!.data) as never);
  }
  const say = (message: object) => {
    for (const notebook of notebooks) notebook.say(message);
  };
  return { pages, notebooks, say };
}

/** The output of a run, as JSON. */
function encoded(): Record<string, unknown> {
  const { payload, ...envelope } = wireSnapshot();
  const table = { start: 0, rows: 0, columns: [], data: "" };
  return { [MIME_TYPE]: { ...envelope, payload: { ...payload, batch: table, epoch: table } } };
}

function sequences(page: SharedPage): unknown[] {
  return page.outputs.map(
    ({ data }) => (data[MIME_TYPE] as { payload: { sequence: number } }).payload.sequence,
  );
}

const finalBundle = { ...encoded(), "text/html": "<img>" } as Record<string, unknown>;
const finalSnapshot = finalBundle[MIME_TYPE] as { payload: object };
finalBundle[MIME_TYPE] = { ...finalSnapshot, payload: { ...finalSnapshot.payload, final: true } };

afterEach(() => {
  vi.useRealTimers();
});

test("pages that write at the same time leave one output", async () => {
  const { pages, notebooks, say } = await renderInPages(3);
  for (let sequence = 1; sequence <= 4; sequence++) {
    say(wireUpdate(sequence));
    for (const { saveState } of notebooks) saveState.emit("started");
    synchronize(pages);
    for (const page of pages) expect(sequences(page)).toEqual([sequence]);
  }
});

test("of several pages one writes regularly, and another one when that is gone", async () => {
  const { pages, notebooks, say } = await renderInPages(2);
  const wroteAt = [0, 0].map(() => [] as number[]);
  let sequence = 0;
  const train = (minutes: number, present: readonly FakeNotebook[]) => {
    for (let second = 0; second < 60 * minutes; second++) {
      vi.advanceTimersByTime(1000);
      sequence++;
      for (const [index, notebook] of notebooks.entries()) {
        if (!present.includes(notebook)) continue;
        const before = sequences(pages[index]!)[0];
        notebook.say(wireUpdate(sequence));
        if (sequences(pages[index]!)[0] !== before) wroteAt[index]!.push(sequence);
        synchronize(pages);
      }
    }
  };
  say(wireUpdate(++sequence));
  train(5, notebooks);
  const [writer, other] = wroteAt[0]!.length > 0 ? [0, 1] : [1, 0];
  expect(wroteAt[writer]!.length).toBeGreaterThan(3);
  expect(wroteAt[other]).toEqual([]);
  train(3, [notebooks[other]!]);
  expect(wroteAt[other]!.length).toBeGreaterThan(1);
  expect(pages[0]!.outputs).toHaveLength(1);
});

test.each([false, true])("after the end there is one final output (plain: %s)", async (plain) => {
  const { pages, say } = await renderInPages(2, plain);
  say(wireUpdate(1, { progress: stopped }));
  say({ kind: "bundle", payload: finalBundle });
  // Until then the page that runs the cell writes it, or the server.
  expect(pages[0]!.outputs[0]!.data).not.toEqual(finalBundle);
  for (let second = 0; second < 10; second++) {
    vi.advanceTimersByTime(1000);
    synchronize(pages);
  }
  for (const page of pages) {
    expect(page.outputs).toEqual([
      { output_type: "display_data", data: finalBundle, metadata: {} },
    ]);
  }
});

test("copies that two pages have made are removed", async () => {
  const { pages, notebooks, say } = await renderInPages(2, true);
  say(wireUpdate(1));
  // A plain output must be replaced, and both do so before they hear of each other.
  for (const { saveState } of notebooks) saveState.emit("started");
  synchronize(pages);
  expect(pages[0]!.outputs).toHaveLength(2);
  say(wireUpdate(2));
  for (const { saveState } of notebooks) saveState.emit("started");
  synchronize(pages);
  for (const page of pages) expect(sequences(page)).toEqual([2]);
});
