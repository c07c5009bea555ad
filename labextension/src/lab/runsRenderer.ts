/** Renders the view of recorded runs in a notebook's output: live with a kernel, else as saved. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { mountRuns } from "../record/components/mountRuns";
import { parseSavedRuns } from "../record/parse";
import { RUNS_MIME_TYPE } from "../record/protocol";
import { RunsStore } from "../record/store";
import { t } from "../shared/translation";
import { followSource } from "./followSource";
import { channelRuns } from "./kernel/channelSources";
import { loadInsight } from "./loadInsight";
import { loadPlotly } from "./loadPlotly";
import type { RendererNotebook } from "./rendererNotebook";

class RunsRenderer extends Widget implements IRenderMime.IRenderer {
  private lifetime = new AbortController();
  private drawn: unknown = null;

  constructor(private readonly notebook: RendererNotebook | null) {
    super();
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[RUNS_MIME_TYPE];
    if (data === this.drawn) return;
    this.drawn = data;
    this.lifetime.abort();
    this.lifetime = new AbortController();
    const { signal } = this.lifetime;
    try {
      const saved = parseSavedRuns(data);
      const store = new RunsStore(null, saved);
      store.showSaved(saved.runs.rows, saved.runs.unreadable);
      const draw = (note: string) => mountRuns(this.node, store, loadPlotly, loadInsight, note);
      let unmount = draw(savedNote(saved.runs.rows.length, saved.count));
      signal.addEventListener("abort", () => unmount());
      this.followKernel(store, signal, (hasKernel) => {
        unmount();
        unmount = draw(hasKernel ? "" : savedNote(saved.runs.rows.length, saved.count));
      });
    } catch (error) {
      console.warn("kwidgets:", error);
      this.node.textContent = t("Cannot read the saved list of runs. %1", String(error));
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }

  /** Read the runs through the notebook's kernel while it has kwidgets. */
  private followKernel(
    store: RunsStore,
    signal: AbortSignal,
    onKernel: (hasKernel: boolean) => void,
  ): void {
    if (!this.notebook) return;
    followSource(
      this.notebook,
      channelRuns,
      (source) => {
        store.setSource(source);
        onKernel(source !== null);
      },
      signal,
    );
    store.follow(() => this.isVisible && document.visibilityState === "visible", signal);
  }
}

function savedNote(shown: number, count: number): string {
  return shown < count
    ? t(
        "The latest %1 of %2 runs when the notebook was saved. Run the cell again to see all.",
        shown,
        count,
      )
    : t("The runs when the notebook was saved. Run the cell again to draw and compare them.");
}

/** Return the factory of the renderers of recorded runs; without a notebook they show saved data. */
export function runsRendererFactory(
  notebook: RendererNotebook | null,
): IRenderMime.IRendererFactory {
  return {
    // Only safe factories render untrusted outputs. This one is safe: it makes no HTML of the data.
    safe: true,
    mimeTypes: [RUNS_MIME_TYPE],
    createRenderer: () => new RunsRenderer(notebook),
  };
}
