/**
 * Renders a hyperparameter search in a notebook's output: live with a kernel, else as saved.
 *
 * When the search has ended, it writes the last state into the output: after a reload JupyterLab
 * itself drops what the kernel sends to the running cell.
 */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { mountSearch } from "../distributed/search/components/mountSearch";
import type { DrawLive } from "../distributed/search/components/RunningTrial";
import { parseSavedSearch } from "../distributed/search/parse";
import { type SavedSearch, SEARCH_MIME_TYPE } from "../distributed/search/protocol";
import { SearchStore } from "../distributed/search/store";
import { mountLiveView } from "../live/components/mountLiveView";
import { RunSession } from "../live/session";
import { t } from "../shared/translation";
import { bringIntoView } from "./bringIntoView";
import { followSource } from "./followSource";
import { channelSearches } from "./kernel/channelSources";
import { watchChannel } from "./kernel/followKernel";
import { RunTransport } from "./kernel/runTransport";
import { loadInsight } from "./loadInsight";
import { loadPlotly } from "./loadPlotly";
import type { RendererNotebook } from "./rendererNotebook";

type Data = IRenderMime.IMimeModel["data"];

class SearchRenderer extends Widget implements IRenderMime.IRenderer {
  private lifetime = new AbortController();
  private store: SearchStore | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private drawn: unknown = null;
  private isFinal = false;

  constructor(private readonly notebook: RendererNotebook | null) {
    super();
    this.node.style.minWidth = "min(320px, 100vw)";
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const data = model.data[SEARCH_MIME_TYPE];
    if (data === this.drawn) return;
    this.drawn = data;
    try {
      const saved = parseSavedSearch(data);
      this.isFinal = saved.final;
      // The user goes on in the view that is there.
      if (this.store?.search.search === saved.search.search) this.store.showSaved(saved);
      else this.open(saved);
    } catch (error) {
      console.warn("kwidgets:", error);
      this.node.textContent = t("Cannot read the saved search. %1", String(error));
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }

  private open(saved: SavedSearch): void {
    this.lifetime.abort();
    this.lifetime = new AbortController();
    const { signal } = this.lifetime;
    const store = new SearchStore(null, saved);
    this.store = store;
    const note = t(
      "As it was when the notebook was saved. Run the cell again to continue the search.",
    );
    const unmount = mountSearch(this.node, store, this.drawLive, note);
    signal.addEventListener("abort", unmount);
    if (!this.notebook || saved.final) return;
    bringIntoView(this.node, signal);
    store.follow(() => this.isVisible && document.visibilityState === "visible", signal);
    store.subscribe(() => void this.write(store), signal);
    followSource(this.notebook, channelSearches, (source) => store.setSource(source), signal);
  }

  /** Put a search that has ended into the output, unless the kernel has done so. */
  private async write(store: SearchStore): Promise<void> {
    const { source, search } = store;
    if (!source || !store.isLive || !store.hasEnded || this.isFinal) return;
    if (this.notebook?.panel.content.model?.readOnly) return;
    this.isFinal = true;
    const bundle = await source
      .request("search_bundle", { search: search.search })
      .catch(() => null);
    if (bundle && this.store === store && !this.isDisposed) {
      this.model?.setData({ data: bundle as Data });
    }
  }

  private readonly drawLive: DrawLive = async (element, { run }, signal) => {
    if (!this.notebook) return;
    const transport = new RunTransport(run, null);
    const session = new RunSession(transport, signal);
    const unmount = mountLiveView(element, session, loadPlotly, loadInsight);
    signal.addEventListener("abort", unmount);
    const { panel, channels } = this.notebook;
    watchChannel(panel.sessionContext, channels, (channel) => transport.use(channel), signal);
  };
}

/** Return the factory of the renderers of searches; without a notebook they show saved data. */
export function searchRendererFactory(
  notebook: RendererNotebook | null,
): IRenderMime.IRendererFactory {
  return {
    // Only safe factories render untrusted outputs. This one is safe: it makes no HTML of the data.
    safe: true,
    mimeTypes: [SEARCH_MIME_TYPE],
    createRenderer: () => new SearchRenderer(notebook),
  };
}
