/** The entry point of the bundle `runs-view.js`, the view of recorded runs except Plotly. */

import { PROTOCOL_VERSION } from "../protocol";
import { mountRuns } from "../record/components/mountRuns";
import { parseSavedRuns } from "../record/parse";
import { KernelRuns } from "../record/source";
import { RunsStore } from "../record/store";
import type { Plotly } from "../shared/plotly";
import { setMessages, t } from "../shared/translation";
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
  const mount = (note = "") => mountRuns(el, store, loadPlotly as () => Promise<Plotly>, note);
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
