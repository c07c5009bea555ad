/** Draws a run from the data in a notebook's output. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { mount } from "../components/mount";
import { MIME_TYPE } from "../protocol";
import { SavedTransport } from "../savedTransport";
import { Session } from "../session";
import { loadPlotly } from "./plotly";

class LiveRenderer extends Widget implements IRenderMime.IRenderer {
  private transport: SavedTransport | null = null;
  private readonly lifetime = new AbortController();

  /** Draw `model`, or, when drawn already, bring the same view up to date. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[MIME_TYPE];
    if (this.transport) {
      this.transport.replace(data);
      return;
    }
    this.transport = new SavedTransport(data);
    const session = new Session(this.transport, this.lifetime.signal);
    const unmount = mount(this.node, session, loadPlotly);
    this.lifetime.signal.addEventListener("abort", unmount);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }
}

export const liveRendererFactory: IRenderMime.IRendererFactory = {
  // Untrusted outputs consider only safe factories. Safe it is: no HTML is made from the data.
  safe: true,
  mimeTypes: [MIME_TYPE],
  createRenderer: () => new LiveRenderer(),
};
