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
import { loadInsight } from "./loadInsight";
import { loadPlotly } from "./loadPlotly";
import type { RendererNotebook } from "./rendererNotebook";
import { findSharedOutputs, isShared, type SharedOutput, turnMs } from "./sharedOutput";
import { inOneTab } from "./tabLock";

const WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json";
/** The maximal age of a running fit's curve in the notebook's model, and so in an autosave. */
const WRITE_INTERVAL_MS = 10_000;
/**
 * The same in a document that several pages share. It keeps each state that is written, and a page
 * that is opened during the fit gets the curve from the kernel.
 */
const SHARED_WRITE_INTERVAL_MS = 60_000;
/** In a shared document, a page writes only what nobody else has written after this time. */
const SHARED_DELAY_MS = 3000;

type Data = IRenderMime.IMimeModel["data"];

class LiveRenderer extends Widget implements IRenderMime.IRenderer {
  private model: IRenderMime.IMimeModel | null = null;
  private transport: RunTransport | null = null;
  private session: RunSession | null = null;
  private lifetime = new AbortController();
  private writtenAt = performance.now();
  /** The latest state in a shared document that this page has written or seen. */
  private seenSequence = -1;
  /** Whether this tab changes the notebook, not another one that has the same file open. */
  private isWriter = false;
  private bundle: Data | null = null;

  constructor(private readonly notebook: RendererNotebook | null) {
    super();
    // In a row of Output widgets an output is as wide as its content, and ours fits into any width.
    this.node.style.minWidth = "min(320px, 100vw)";
  }

  /** Draw `model`, or, when drawn already, bring the same view up to date. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const data = model.data[MIME_TYPE];
    const runId = runIdOf(data);
    if (this.transport?.runId === runId) this.transport.replace(data, isFinal(model.data));
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
    this.seenSequence = sequenceOf(data);
    this.isWriter = false;
    this.bundle = null;
    const transport = new RunTransport(runId, data, isFinal(this.model!.data), (bundle) =>
      this.writeFinal(bundle as Data),
    );
    const session = new RunSession(transport, signal);
    this.transport = transport;
    this.session = session;
    const unmount = mountLiveView(this.node, session, loadPlotly, loadInsight);
    signal.addEventListener("abort", unmount);
    session.store.subscribe(() => this.onChange(), signal);
    if (!this.notebook) return;
    bringIntoView(this.node, signal);
    const { panel, channels } = this.notebook;
    watchChannel(panel.sessionContext, channels, (channel) => transport.use(channel), signal);
    const onSave = (_: unknown, state: string) => {
      if (state === "started") this.writeOnSave();
    };
    panel.context.saveState.connect(onSave);
    signal.addEventListener("abort", () => panel.context.saveState.disconnect(onSave));
    // At once, because this replaces the output, and so the view.
    if (isShared(panel)) this.inTurn(() => this.makeWritableInPlace(), 0);
    else inOneTab(`kwidgets.run.${runId}`, () => this.becomeWriter(), signal);
  }

  private onChange(): void {
    const { connected } = this.session!.store;
    // A kernel that is gone sends no final output: this is the last state.
    if (!connected || performance.now() - this.writtenAt > this.writeIntervalMs) {
      this.writeSnapshot();
    }
  }

  /** The notebook is saved: take the latest state. */
  private writeOnSave(): void {
    if (this.bundle && !this.isShared) this.replaceBy(this.bundle);
    else this.writeSnapshot(true);
  }

  private becomeWriter(): void {
    this.isWriter = true;
    if (this.bundle) this.replaceBy(this.bundle);
  }

  /**
   * Write the page's state of a run that is not final.
   *
   * @param always whether to do so even if another page writes
   */
  private writeSnapshot(always = false): void {
    const { session, model } = this;
    if (!session?.interactive || !model) return;
    this.writtenAt = performance.now();
    if (!this.isShared) {
      // Else JupyterLab would save both tabs, and ask in each which of the files to keep.
      if (!always && !this.isWriter) return;
      const data = isFinal(model.data) ? null : this.withSnapshot(model.data);
      if (data) model.setData({ data });
      return;
    }
    const output = this.sharedOutput();
    if (!output) return;
    const written = sequenceOf(output.data[MIME_TYPE]);
    const byAnotherPage = written > this.seenSequence;
    this.seenSequence = Math.max(written, this.seenSequence);
    if (byAnotherPage && !always && session.store.connected) return;
    const data = this.withSnapshot(output.data);
    if (!data) return;
    this.seenSequence = session.store.sequence;
    output.write(data);
  }

  /** Return `data` with the page's state of the run; null if theirs is as new. */
  private withSnapshot(data: Data): Data | null {
    const { store } = this.session!;
    const snapshot = encodeSnapshot(store);
    if (!snapshot || store.sequence <= sequenceOf(data[MIME_TYPE])) return null;
    const { [WIDGET_MIME_TYPE]: widget, ...rest } = data;
    // A JupyterLab without our extension would prefer the widget without a kernel to the data.
    const keepsWidget = store.connected && widget !== undefined;
    return {
      ...rest,
      ...(keepsWidget ? { [WIDGET_MIME_TYPE]: widget } : {}),
      [MIME_TYPE]: snapshot,
    } as unknown as Data;
  }

  /** Write the kernel's final output of the run. */
  private writeFinal(bundle: Data): void {
    const { model } = this;
    if (!model || runIdOf(bundle[MIME_TYPE]) !== runIdOf(model.data[MIME_TYPE])) return;
    this.bundle = bundle;
    // There the page that runs the cell writes it, or the server, or else the first one in turn.
    if (this.isShared) this.inTurn(() => this.sharedOutput()?.write(bundle));
    else if (this.isWriter) this.replaceBy(bundle);
  }

  private replaceBy(bundle: Data): void {
    if (!isFinal(this.model!.data)) this.model!.setData({ data: bundle });
  }

  // In a document that several pages share.

  private get isShared(): boolean {
    return this.notebook !== null && isShared(this.notebook.panel);
  }

  private get writeIntervalMs(): number {
    return this.isShared
      ? SHARED_WRITE_INTERVAL_MS + turnMs(this.notebook!.panel)
      : WRITE_INTERVAL_MS;
  }

  /** Return the run's output unless it is final; remove copies, which all pages see alike. */
  private sharedOutput(): SharedOutput | undefined {
    const runId = this.transport?.runId;
    const [output, ...copies] = findSharedOutputs(
      this.notebook!.panel,
      (data) => MIME_TYPE in data && runIdOf(data[MIME_TYPE]) === runId && !isFinal(data),
    );
    for (const copy of copies) copy.remove();
    return output;
  }

  private makeWritableInPlace(): void {
    const output = this.sharedOutput();
    if (output && !output.inPlace) output.write(this.withSnapshot(output.data) ?? output.data);
  }

  /** Call `write` after the pages before this one could do so, if the renderer still exists. */
  private inTurn(write: () => void, delayMs = SHARED_DELAY_MS): void {
    const timer = setTimeout(write, delayMs + turnMs(this.notebook!.panel));
    this.lifetime.signal.addEventListener("abort", () => clearTimeout(timer));
  }
}

interface Saved {
  payload?: { sequence?: number; final?: boolean; run?: { run_id?: string } };
}

/** Return whether the output is the kernel's last one. A page's may say that the run has ended. */
function isFinal(data: Data): boolean {
  return (data[MIME_TYPE] as Saved | undefined)?.payload?.final === true;
}

function runIdOf(data: unknown): string {
  return String((data as Saved | undefined)?.payload?.run?.run_id);
}

function sequenceOf(data: unknown): number {
  return (data as Saved | undefined)?.payload?.sequence ?? -1;
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
