/** The entry point of the bundle `export-view.js`, the export panel. */

import { mountExport } from "../formats/components/mountExport";
import { parseSavedExport } from "../formats/parse";
import { KernelExports } from "../formats/source";
import { ExportStore } from "../formats/store";
import { PROTOCOL_VERSION } from "../protocol";
import { setMessages, t } from "../shared/translation";
import type { ExportModule } from "./exportBundleTypes";

export const draw: ExportModule["draw"] = ({ model, el, signal }, library) => {
  setMessages(library.get("messages"));
  const lifetime = new AbortController();
  const saved = parseSavedExport(model.get("saved"));
  const source = new KernelExports((message) => model.send({ v: PROTOCOL_VERSION, ...message }));
  const store = new ExportStore(source, saved.model, saved.model_name);
  store.showSaved(saved.state);
  const on = (event: string, receive: (...args: never[]) => void) => {
    model.on(event, receive);
    lifetime.signal.addEventListener("abort", () => model.off(event, receive));
  };
  on("msg:custom", (content: unknown, buffers: readonly unknown[]) =>
    source.receive(content, buffers),
  );
  const mount = (note = "") => mountExport(el, store, note);
  let unmount = mount();
  const redraw = (note = "") => {
    unmount();
    unmount = mount(note);
  };
  on("comm_live_update", () => {
    store.setSource(null);
    redraw(t("The kernel is gone. Run the cell again to export the model."));
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
