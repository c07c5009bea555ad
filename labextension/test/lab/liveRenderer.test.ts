// @vitest-environment jsdom
/** Tests of what the live view writes into the output of its notebook. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Signal } from "@lumino/signaling";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { RendererNotebook } from "../../src/lab/rendererNotebook";
import { MIME_TYPE } from "../../src/live/protocol";
import { wireProgress, wireSnapshot, wireUpdate } from "../live/messages";

let liveRendererFactory: typeof import("../../src/lab/liveRenderer").liveRendererFactory;
beforeAll(async () => {
  // jsdom has no drag and drop, no observer of sizes.
  vi.stubGlobal("DragEvent", class extends Event {});
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  ({ liveRendererFactory } = await import("../../src/lab/liveRenderer"));
});

type Listener = { message(content: object, buffers: unknown[]): void };

/** A notebook with a kernel that has kwidgets. */
class FakeNotebook {
  readonly saveState = new Signal<this, string>(this);
  readonly kernelChanged = new Signal<this, unknown>(this);
  readonly session = { kernel: {} };
  readonly sent: { kind: string }[] = [];
  private listener: Listener | null = null;
  private readonly channel = {
    state: { is: "open" },
    listen: (listener: Listener) => {
      this.listener = listener;
    },
    send: (message: { kind: string }) => this.sent.push(message),
  };

  readonly model: object = { collaborative: false };

  get home(): RendererNotebook {
    return {
      panel: { sessionContext: this, context: this },
      channels: { of: () => this.channel },
    } as unknown as RendererNotebook;
  }

  say(message: object): void {
    this.listener?.message({ ...message, run: "r1" }, []);
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
