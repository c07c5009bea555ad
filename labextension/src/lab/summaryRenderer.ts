/** Renders the summary of a model in a notebook's output, with details from its kernel. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { mountModel } from "../models/components/mountModel";
import { type RequestKind, SUMMARY_MIME_TYPE } from "../models/protocol";
import { parseSavedSummary } from "../models/savedSummary";
import { SummaryStore } from "../models/store";
import { t } from "../shared/translation";
import { watchChannel } from "./kernel/followKernel";
import { ChannelRequests } from "./kernel/modelRequests";
import type { RendererNotebook } from "./rendererNotebook";

class SummaryRenderer extends Widget implements IRenderMime.IRenderer {
  private lifetime = new AbortController();
  private drawn: unknown = null;

  constructor(private readonly notebook: RendererNotebook | null) {
    super();
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[SUMMARY_MIME_TYPE];
    if (data === this.drawn) return;
    this.drawn = data;
    this.lifetime.abort();
    this.lifetime = new AbortController();
    const { signal } = this.lifetime;
    try {
      const { entry, summary } = await parseSavedSummary(data);
      if (signal.aborted) return;
      const store = new SummaryStore(this.source(signal), true);
      store.setSummary(entry, summary);
      signal.addEventListener("abort", mountModel(this.node, store));
    } catch (error) {
      console.warn("kwidgets:", error);
      this.node.textContent = t("Cannot read the saved summary. %1", String(error));
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }

  /** Return a source that sends requests to the notebook's current kernel. */
  private source(signal: AbortSignal) {
    let requests: ChannelRequests | null = null;
    if (this.notebook) {
      let requestsLifetime = new AbortController();
      const { panel, channels } = this.notebook;
      watchChannel(
        panel.sessionContext,
        channels,
        (channel) => {
          requestsLifetime.abort();
          requestsLifetime = new AbortController();
          requests = channel && new ChannelRequests(channel, requestsLifetime.signal);
        },
        signal,
      );
      signal.addEventListener("abort", () => requestsLifetime.abort());
    }
    return {
      request: (kind: RequestKind, payload: object) =>
        requests?.request(kind, payload) ??
        Promise.reject(
          new Error(t("No kernel is available; only the saved summary can be shown.")),
        ),
    };
  }
}

/** Return the factory of the renderers of summaries; without a notebook they show saved data. */
export function summaryRendererFactory(
  notebook: RendererNotebook | null,
): IRenderMime.IRendererFactory {
  return {
    // Only safe factories render untrusted outputs. This one is safe: it makes no HTML of the data.
    safe: true,
    mimeTypes: [SUMMARY_MIME_TYPE],
    createRenderer: () => new SummaryRenderer(notebook),
  };
}
