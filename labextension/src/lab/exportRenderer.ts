/**
 * Renders the export panel in a notebook's output: live with a kernel, else as saved.
 *
 * When an export has ended, it writes the table into the output, so that the notebook keeps it.
 */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { mountExport } from "../formats/components/mountExport";
import { parseSavedExport } from "../formats/parse";
import { EXPORT_MIME_TYPE, type SavedExport } from "../formats/protocol";
import { ExportStore } from "../formats/store";
import { t } from "../shared/translation";
import { followSource } from "./followSource";
import { channelExports } from "./kernel/channelSources";
import type { RendererNotebook } from "./rendererNotebook";

type Data = IRenderMime.IMimeModel["data"];

class ExportRenderer extends Widget implements IRenderMime.IRenderer {
  private lifetime = new AbortController();
  private store: ExportStore | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private drawn: unknown = null;
  /** The export that the output has, and how it had ended. */
  private written = "";

  constructor(private readonly notebook: RendererNotebook | null) {
    super();
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const data = model.data[EXPORT_MIME_TYPE];
    if (data === this.drawn) return;
    this.drawn = data;
    try {
      const saved = parseSavedExport(data);
      this.written = endingOf(saved.state);
      // What this view has written itself: the user goes on in it.
      if (this.store?.source && this.store.model === saved.model) return;
      this.open(saved);
    } catch (error) {
      console.warn("kwidgets:", error);
      this.node.textContent = t("Cannot read the saved export. %1", String(error));
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }

  private open(saved: SavedExport): void {
    this.lifetime.abort();
    this.lifetime = new AbortController();
    const { signal } = this.lifetime;
    const store = new ExportStore(null, saved.model, saved.model_name);
    this.store = store;
    store.showSaved(saved.state);
    const note = t(
      "As it was when the notebook was saved. Run the cell again to export the model.",
    );
    let unmount = mountExport(this.node, store, note);
    signal.addEventListener("abort", () => unmount());
    if (!this.notebook) return;
    store.follow(() => this.isVisible && document.visibilityState === "visible", signal);
    store.subscribe(() => void this.write(store), signal);
    followSource(
      this.notebook,
      channelExports,
      (source) => {
        store.setSource(source);
        unmount();
        unmount = mountExport(this.node, store, source ? "" : note);
      },
      signal,
    );
  }

  /** Put the table of an export that has ended into the output. */
  private async write(store: ExportStore): Promise<void> {
    const { source, model, state } = store;
    const ending = endingOf(state);
    if (!source || model === null || !ending || ending === this.written) return;
    if (!store.list || this.notebook?.panel.content.model?.readOnly) return;
    this.written = ending;
    const bundle = await source.request("export_bundle", { model }).catch(() => null);
    if (bundle && this.store === store && !this.isDisposed) {
      this.model?.setData({ data: bundle as Data });
    }
  }
}

/** Return what differs between two exports that have ended; "" for one that runs, or for none. */
function endingOf(state: SavedExport["state"]): string {
  return state && state.state !== "running" ? `${state.job} ${state.revision}` : "";
}

/** Return the factory of the renderers of exports; without a notebook they show saved data. */
export function exportRendererFactory(
  notebook: RendererNotebook | null,
): IRenderMime.IRendererFactory {
  return {
    // Only safe factories render untrusted outputs. This one is safe: it makes no HTML of the data.
    safe: true,
    mimeTypes: [EXPORT_MIME_TYPE],
    createRenderer: () => new ExportRenderer(notebook),
  };
}
