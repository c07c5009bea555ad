/**
 * The anywidget module of the live view, which loads the bundle `view.js`. It is small because it
 * is sent with each view, even if another host draws it.
 *
 * The bundle comes from the kernel's one library model, gzipped, and is loaded once per page.
 * Loading starts in `initialize` and is awaited only in `render`: anywidget limits `initialize` to
 * two seconds, and messages sent before a listener is attached are lost.
 */

import { PROTOCOL_VERSION } from "../protocol";
import { importGzipped } from "../shared/importGzipped";
import { loadOnce } from "../shared/loadOnce";
import { PLOTLY_KEY } from "../shared/plotly";
import type {
  BundleName,
  ChannelReceiver,
  LiveViewModule,
  ModelChannel,
  OpenView,
} from "./liveBundleTypes";
import { loaderTranslator } from "./loaderTranslation";

interface Model {
  get(name: string): unknown;
  send(content: object): void;
  on(event: string, listener: (...args: never[]) => void): void;
  widget_manager: { get_model(id: string): Promise<Library> };
}

interface Library {
  get(name: string): unknown;
  once(event: string, listener: (value: unknown) => void): void;
}

interface Entry {
  channel: ModelChannel;
  signal: AbortSignal;
  view?: Promise<OpenView> | undefined;
}

// `initialize` and `render` receive different wrappers of one model: the run's id identifies it.
const entries = new Map<string, Entry>();

function runId(model: Model): string {
  const snapshot = model.get("snapshot") as { payload?: { run?: { run_id?: string } } } | null;
  return String(snapshot?.payload?.run?.run_id);
}

/** Request the library from a kernel that left it out because it expected another host to draw. */
async function ensureLibrary(model: Model): Promise<void> {
  if (model.get("library")) return;
  await new Promise<void>((resolve) => {
    model.on("change:library", () => resolve());
    model.send({ v: PROTOCOL_VERSION, kind: "resync", payload: {} });
  });
}

function library(model: Model): Promise<Library> {
  const reference = String(model.get("library")).replace("IPY_MODEL_", "");
  return model.widget_manager.get_model(reference);
}

/** Load a module of the library; the tabs' code comes there when one of them is opened. */
function load<T>(model: Model, name: BundleName, key: string): Promise<T> {
  return loadOnce(key, async () => {
    const code = await library(model);
    const packed = () => code.get(name) as string;
    while (!packed()) await new Promise((ready) => code.once(`change:${name}`, ready));
    return importGzipped<T>(packed());
  });
}

function openView(model: Model, entry: Entry): Promise<OpenView> {
  entry.view ??= ensureLibrary(model)
    .then(() => loadBundle<LiveViewModule>(model, "view"))
    .then(async (view) => {
      const messages = (await library(model)).get("messages");
      return view.open(entry.channel, (name) => loadBundle(model, name), entry.signal, messages);
    });
  entry.view.catch(() => {
    entry.view = undefined;
  });
  return entry.view;
}

function loadBundle<T>(model: Model, name: BundleName): Promise<T> {
  return load(
    model,
    name,
    name === "plotly" ? PLOTLY_KEY : `${name}@${model.get("library_version")}`,
  );
}

function openChannel(model: Model): ModelChannel {
  const queued: unknown[] = [];
  let receiver: ChannelReceiver | null = null;
  model.on("msg:custom", (content: unknown) => {
    if (receiver) receiver.message(content);
    else queued.push(content);
  });
  model.on("change:snapshot", () => receiver?.snapshotReplaced());
  model.on("comm_live_update", () => receiver?.lost());
  return {
    snapshot: () => model.get("snapshot"),
    send: (content) => model.send(content),
    listen(listener) {
      receiver = listener;
      for (const content of queued.splice(0)) listener.message(content);
    },
  };
}

export default {
  initialize({ model, signal }: { model: Model; signal?: AbortSignal }): void {
    const id = runId(model);
    const entry: Entry = {
      channel: openChannel(model),
      signal: signal ?? new AbortController().signal,
    };
    entries.set(id, entry);
    // The kernel offers the widget to pages only once one has said so: that it can draw it.
    model.send({ v: PROTOCOL_VERSION, kind: "hello", payload: {} });
    entry.signal.addEventListener("abort", () => {
      if (entries.get(id) === entry) entries.delete(id);
    });
    if (!model.get("library")) return;
    openView(model, entry);
    loadBundle(model, "plotly").catch(() => {});
  },

  async render({
    model,
    el,
  }: {
    model: Model;
    el: HTMLElement;
  }): Promise<(() => void) | undefined> {
    try {
      return (await openView(model, entries.get(runId(model))!)).mount(el);
    } catch (error) {
      console.error(error);
      const t = await loaderTranslator(() => library(model));
      el.textContent = t("Cannot load the live view. Training continues. (%1)", error);
      return undefined;
    }
  },
};
