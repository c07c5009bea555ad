/**
 * Renders a run in a notebook's output: live while the kernel has it, also after the page was
 * reloaded during training; otherwise from saved data.
 *
 * It writes received data into the output, so that a save at any time includes the curve so far:
 * after a reload JupyterLab itself drops the kernel's messages for the running cell.
 */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { mountLiveView } from "../live/components/mountLiveView";
import { encodeSnapshot } from "../live/encodeSnapshot";
import { MIME_TYPE } from "../live/protocol";
import { RunSession } from "../live/session";
import { bringIntoView } from "./bringIntoView";
import { watchChannel } from "./kernel/followKernel";
import { RunTransport } from "./kernel/runTransport";
import { loadPlotly } from "./loadPlotly";
import type { RendererNotebook } from "./rendererNotebook";

const WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json";
/** The maximal age of a running fit's curve in the notebook's model, and so in an autosave. */
const WRITE_INTERVAL_MS = 10_000;

type Data = IRenderMime.IMimeModel["data"];

class LiveRenderer extends Widget implements IRenderMime.IRenderer {
  private model: IRenderMime.IMimeModel | null = null;
  private transport: RunTransport | null = null;
  private session: RunSession | null = null;
  private lifetime = new AbortController();
  private writtenAt = performance.now();

  constructor(private readonly notebook: RendererNotebook | null) {
    super();
  }

  /** Draw `model`, or, when drawn already, bring the same view up to date. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const data = model.data[MIME_TYPE];
    const runId = runIdOf(data);
    if (this.transport?.runId === runId) this.transport.replace(data, hasPicture(model.data));
    else this.open(runId, data);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }

  private open(runId: string, data: unknown): void {
    this.lifetime.abort();
    this.lifetime = new AbortController();
    const { signal } = this.lifetime;
    const isFinal = hasPicture(this.model!.data);
    const transport = new RunTransport(runId, data, isFinal, (bundle) =>
      this.writeFinal(bundle as Data),
    );
    const session = new RunSession(transport, signal);
    this.transport = transport;
    this.session = session;
    const unmount = mountLiveView(this.node, session, loadPlotly);
    signal.addEventListener("abort", unmount);
    session.store.subscribe(() => this.onChange(), signal);
    if (!this.notebook) return;
    bringIntoView(this.node, signal);
    const { panel, channels } = this.notebook;
    watchChannel(panel.sessionContext, channels, (channel) => transport.use(channel), signal);
    const onSave = (_: unknown, state: string) => {
      if (state === "started") this.writeSnapshot();
    };
    panel.context.saveState.connect(onSave);
    signal.addEventListener("abort", () => panel.context.saveState.disconnect(onSave));
  }

  private onChange(): void {
    const { connected } = this.session!.store;
    // A kernel that is gone sends no final output: this is the last state.
    if (!connected || performance.now() - this.writtenAt > WRITE_INTERVAL_MS) this.writeSnapshot();
  }

  /** Write the page's state of a run that is not final. */
  private writeSnapshot(): void {
    const { session, model } = this;
    if (!session?.interactive || !model) return;
    this.writtenAt = performance.now();
    const snapshot = encodeSnapshot(session.store);
    if (!snapshot || hasPicture(model.data) || !isNewer(snapshot, model.data[MIME_TYPE])) return;
    const { [WIDGET_MIME_TYPE]: widget, ...rest } = model.data;
    // A JupyterLab without our extension would prefer the widget without a kernel to the data.
    const keepsWidget = session.store.connected && widget !== undefined;
    const data = {
      ...rest,
      ...(keepsWidget ? { [WIDGET_MIME_TYPE]: widget } : {}),
      [MIME_TYPE]: snapshot,
    };
    model.setData({ data: data as unknown as Data });
  }

  /** Write the kernel's final output of the run. */
  private writeFinal(bundle: Data): void {
    const { model } = this;
    if (!model || runIdOf(bundle[MIME_TYPE]) !== runIdOf(model.data[MIME_TYPE])) return;
    if (hasPicture(model.data)) return;
    model.setData({ data: bundle });
  }
}

interface Saved {
  payload?: { sequence?: number; run?: { run_id?: string } };
}

/**
 * Return whether the output is the kernel's last. A snapshot of the page may say that the run has
 * ended, too, but lacks the picture.
 */
function hasPicture(data: Data): boolean {
  return "text/html" in data;
}

function runIdOf(data: unknown): string {
  return String((data as Saved | undefined)?.payload?.run?.run_id);
}

/** Return whether the snapshot is newer than the saved one; several views write to one output. */
function isNewer(snapshot: unknown, saved: unknown): boolean {
  const sequence = (data: unknown) => (data as Saved | undefined)?.payload?.sequence ?? -1;
  return sequence(snapshot) > sequence(saved);
}

/** Return the factory of the renderers of runs; without a notebook they show only saved data. */
export function liveRendererFactory(
  notebook: RendererNotebook | null,
): IRenderMime.IRendererFactory {
  return {
    // Only safe factories render untrusted outputs. This one is safe: it makes no HTML of the data.
    safe: true,
    mimeTypes: [MIME_TYPE],
    createRenderer: () => new LiveRenderer(notebook),
  };
}
