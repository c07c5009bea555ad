/** The entry point of the bundle `runs-view.js`, the view of recorded runs except Plotly. */

import { PROTOCOL_VERSION } from "../protocol";
import { mountRuns } from "../record/components/mountRuns";
import { parseSavedRuns } from "../record/parse";
import { KernelRuns } from "../record/source";
import { RunsStore } from "../record/store";
import { importGzipped } from "../shared/importGzipped";
import { loadOnce } from "../shared/loadOnce";
import type { Plotly } from "../shared/plotly";
import { setMessages, t } from "../shared/translation";
import type { BackboneModel } from "./builderBundleTypes";
import type { InsightBundle } from "./liveBundleTypes";
import type { RunsModule } from "./runsBundleTypes";

export const draw: RunsModule["draw"] = ({ model, el, signal }, library, loadPlotly) => {
  setMessages(library.get("messages"));
  const lifetime = new AbortController();
  const saved = parseSavedRuns(model.get("saved"));
  const source = new KernelRuns((message) => model.send({ v: PROTOCOL_VERSION, ...message }));
  const store = new RunsStore(source, saved);
  store.showSaved(saved.runs.rows, saved.runs.unreadable);
  const on = (event: string, receive: (...args: never[]) => void) => {
    model.on(event, receive);
    lifetime.signal.addEventListener("abort", () => model.off(event, receive));
  };
  on("msg:custom", (content: unknown, buffers: readonly unknown[]) =>
    source.receive(content, buffers),
  );
  const loadInsight = async () => {
    const key = `insight@${model.get("library_version")}`;
    const bundle = await loadOnce(key, async () =>
      importGzipped<InsightBundle>(await insightCode(library)),
    );
    return bundle.open(library.get("messages"));
  };
  const mount = (note = "") =>
    mountRuns(el, store, loadPlotly as () => Promise<Plotly>, loadInsight, note);
  let unmount = mount();
  const redraw = (note = "") => {
    unmount();
    unmount = mount(note);
  };
  on("comm_live_update", () => {
    store.setSource(null);
    redraw(t("The kernel is gone. Run the cell again to draw and compare the runs."));
  });
  // A page may send its language only after the view is drawn.
  const translate = () => {
    setMessages(library.get("messages"));
    redraw();
  };
  library.on("change:messages", translate);
  lifetime.signal.addEventListener("abort", () => library.off("change:messages", translate));
  store.follow(() => document.visibilityState === "visible" && el.isConnected, lifetime.signal);
  const end = () => {
    if (lifetime.signal.aborted) return;
    lifetime.abort();
    unmount();
  };
  signal?.addEventListener("abort", end, { once: true });
  return end;
};

/** Return the code of the tabs, which the kernel sends when what they show is asked for. */
async function insightCode(library: BackboneModel): Promise<unknown> {
  for (;;) {
    const packed = library.get("insight") as DataView | undefined;
    if (packed?.byteLength) return packed;
    await new Promise<void>((resolve) => {
      const ready = () => {
        library.off("change:insight", ready);
        resolve();
      };
      library.on("change:insight", ready);
    });
  }
}
