/** Draws the summary of a model out of a notebook's output; the kernel answers what it still can. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { mountModel } from "../models/components/mountModel";
import { parseSaved } from "../models/parse";
import { type RequestKind, SUMMARY_MIME_TYPE } from "../models/protocol";
import { SummaryStore } from "../models/store";
import { t } from "../shared/translation";
import { ChannelRequests } from "./kernel/requests";
import { followChannel } from "./kernel/watchChannel";
import type { LiveHome } from "./liveRenderer";

class SummaryRenderer extends Widget implements IRenderMime.IRenderer {
  private lifetime = new AbortController();
  private drawn: unknown = null;

  constructor(private readonly home: LiveHome | null) {
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
      const { entry, summary } = await parseSaved(data);
      if (signal.aborted) return;
      const store = new SummaryStore(this.source(signal), true);
      store.setSummary(entry, summary);
      signal.addEventListener("abort", mountModel(this.node, store));
    } catch (error) {
      console.warn("kwidgets:", error);
      this.node.textContent = t("The saved summary cannot be read. %1", String(error));
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }

  /** Asks the notebook's kernel, whichever that is then. */
  private source(signal: AbortSignal) {
    let requests: ChannelRequests | null = null;
    if (this.home) {
      let asking = new AbortController();
      const { panel, channels } = this.home;
      followChannel(
        panel.sessionContext,
        channels,
        (channel) => {
          asking.abort();
          asking = new AbortController();
          requests = channel && new ChannelRequests(channel, asking.signal);
        },
        signal,
      );
      signal.addEventListener("abort", () => asking.abort());
    }
    return {
      request: (kind: RequestKind, payload: object) =>
        requests?.request(kind, payload) ??
        Promise.reject(new Error(t("There is no kernel here: the saved summary is all there is."))),
    };
  }
}

export function summaryRendererFactory(home: LiveHome | null): IRenderMime.IRendererFactory {
  return {
    // Untrusted outputs consider only safe factories. Safe it is: no HTML is made from the data.
    safe: true,
    mimeTypes: [SUMMARY_MIME_TYPE],
    createRenderer: () => new SummaryRenderer(home),
  };
}
