/**
 * Draws a run out of a notebook's output: live while the kernel has it, also after a reload of the
 * page in mid-fit; else from what was saved. What it hears it writes into the output, so that a save
 * at any time holds the curve so far: after a reload JupyterLab itself drops what the kernel sends to
 * the cell that runs.
 */

import type { NotebookPanel } from "@jupyterlab/notebook";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { mount } from "../live/components/mountLiveView";
import { encodeSnapshot } from "../live/encodeSnapshot";
import { FINAL_STATUSES, MIME_TYPE, type Status } from "../live/protocol";
import { Session } from "../live/session";
import type { Channels } from "./kernel/channels";
import { RunTransport } from "./kernel/runTransport";
import { followChannel } from "./kernel/watchChannel";
import { loadPlotly } from "./loadPlotly";

const WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json";
/** How old a running fit's curve may be in the notebook's model, and so in an autosave. */
const WRITE_MS = 10_000;

/** What of a notebook the renderer needs to find its kernel and to know of saves. */
export interface LiveHome {
  panel: NotebookPanel;
  channels: Channels;
}

type Data = IRenderMime.IMimeModel["data"];

class LiveRenderer extends Widget implements IRenderMime.IRenderer {
  private model: IRenderMime.IMimeModel | null = null;
  private transport: RunTransport | null = null;
  private session: Session | null = null;
  private lifetime = new AbortController();
  private writtenAt = performance.now();

  constructor(private readonly home: LiveHome | null) {
    super();
  }

  /** Draw `model`, or, when drawn already, bring the same view up to date. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const data = model.data[MIME_TYPE];
    const runId = runIdOf(data);
    if (this.transport?.runId === runId) this.transport.replace(data);
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
    const transport = new RunTransport(runId, data, (bundle) => this.write(bundle as Data));
    const session = new Session(transport, signal);
    this.transport = transport;
    this.session = session;
    const unmount = mount(this.node, session, loadPlotly);
    signal.addEventListener("abort", unmount);
    session.store.subscribe(() => this.onChange(), signal);
    if (!this.home) return;
    const { panel, channels } = this.home;
    followChannel(panel.sessionContext, channels, (channel) => transport.use(channel), signal);
    const onSave = (_: unknown, state: string) => {
      if (state === "started") this.writeSnapshot();
    };
    panel.context.saveState.connect(onSave);
    signal.addEventListener("abort", () => panel.context.saveState.disconnect(onSave));
  }

  private onChange(): void {
    const { connected } = this.session!.store;
    // A kernel that is gone sends no end: this is the last that anybody has.
    if (!connected || performance.now() - this.writtenAt > WRITE_MS) this.writeSnapshot();
  }

  /** Put what the page knows of a run that goes on, or went on when its kernel died. */
  private writeSnapshot(): void {
    const { session, model } = this;
    if (!session?.interactive || !model) return;
    this.writtenAt = performance.now();
    const snapshot = encodeSnapshot(session.store);
    if (!snapshot || !isNewer(snapshot, model.data[MIME_TYPE])) return;
    const { [WIDGET_MIME_TYPE]: widget, ...rest } = model.data;
    // A widget without a kernel would stand in front of the data in a JupyterLab without us.
    const kept = session.store.connected && widget !== undefined;
    const data = {
      ...rest,
      ...(kept ? { [WIDGET_MIME_TYPE]: widget } : {}),
      [MIME_TYPE]: snapshot,
    };
    model.setData({ data: data as unknown as Data });
  }

  /** Put what the kernel left when the run had ended. */
  private write(bundle: Data): void {
    const { model } = this;
    if (!model || runIdOf(bundle[MIME_TYPE]) !== runIdOf(model.data[MIME_TYPE])) return;
    if (FINAL_STATUSES.has(statusOf(model.data[MIME_TYPE]) as Status)) return;
    model.setData({ data: bundle });
  }
}

interface Saved {
  payload?: { sequence?: number; run?: { run_id?: string }; progress?: { status?: string } };
}

function runIdOf(data: unknown): string {
  return String((data as Saved | undefined)?.payload?.run?.run_id);
}

function statusOf(data: unknown): string {
  return String((data as Saved | undefined)?.payload?.progress?.status);
}

/** Whether the snapshot says more than what is there; several views of one output all write. */
function isNewer(snapshot: unknown, there: unknown): boolean {
  if (FINAL_STATUSES.has(statusOf(there) as Status)) return false;
  const sequence = (data: unknown) => (data as Saved | undefined)?.payload?.sequence ?? -1;
  return sequence(snapshot) > sequence(there);
}

export function liveRendererFactory(home: LiveHome | null): IRenderMime.IRendererFactory {
  return {
    // Untrusted outputs consider only safe factories. Safe it is: no HTML is made from the data.
    safe: true,
    mimeTypes: [MIME_TYPE],
    createRenderer: () => new LiveRenderer(home),
  };
}
