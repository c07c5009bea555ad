/**
 * Restores the view of a run in its cell, if the page was reloaded before the notebook was
 * saved, so that the file does not contain the view. JupyterLab drops what the kernel sends to a cell that
 * was executed before the reload, so a view that is shown later is lost, too.
 */

import type { ICodeCellModel } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import { encodeSnapshot } from "../live/encodeSnapshot";
import { MIME_TYPE } from "../live/protocol";
import { RunSession } from "../live/session";
import { parseRuns, type RunBrief } from "../models/runs";
import { t } from "../shared/translation";
import type { KernelChannel } from "./kernel/channel";
import type { Channels } from "./kernel/channelByKernel";
import { watchChannel } from "./kernel/followKernel";
import { RunTransport } from "./kernel/runTransport";
import { isShared } from "./sharedOutput";

const MAX_CLIENTS = 20;

/** A save of the notebook by this page, in the tab's storage. */
interface Save {
  /** When the file was written, by the server's clock. */
  modified: string;
  /** The runs whose views the page had shown before. */
  shown: readonly string[];
}

/** Restore views in the notebook while it is open. */
export function restoreLostViews(panel: NotebookPanel, channels: Channels): void {
  const lifetime = new AbortController();
  panel.disposed.connect(() => lifetime.abort());
  let connection = new AbortController();
  lifetime.signal.addEventListener("abort", () => connection.abort());
  watchChannel(
    panel.sessionContext,
    channels,
    (channel, kernel) => {
      connection.abort();
      connection = new AbortController();
      if (channel && kernel) new LostViews(panel, channel, kernel, connection.signal);
    },
    lifetime.signal,
  );
}

class LostViews {
  /** The connections of this tab to the kernel before the page was reloaded. */
  private readonly earlierClients: ReadonlySet<string>;
  private readonly requested = new Set<string>();
  private readonly shown = new Set<string>();
  private runs: readonly RunBrief[] = [];
  private hasRuns = false;
  private readonly saveKey: string;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly channel: KernelChannel,
    kernel: Kernel.IKernelConnection,
    private readonly signal: AbortSignal,
  ) {
    this.earlierClients = rememberClient(kernel);
    this.saveKey = `kwidgets.save.${kernel.id}`;
    channel.listen({ message: (content) => void this.receive(content) }, signal);
    this.rememberSaves();
  }

  /** Record which views were shown before the page last saved the notebook. */
  private rememberSaves(): void {
    const { context } = this.panel;
    let shown: string[] = [];
    const note = (_: unknown, state: string) => {
      if (state === "started") {
        this.noteShown();
        shown = [...this.shown];
      } else if (state.startsWith("completed")) {
        const save: Save = { modified: context.contentsModel?.last_modified ?? "", shown };
        sessionStorage.setItem(this.saveKey, JSON.stringify(save));
      }
    };
    context.saveState.connect(note);
    this.signal.addEventListener("abort", () => context.saveState.disconnect(note));
  }

  private noteShown(): void {
    for (const run of this.runs) {
      const cell = this.cellOf(run);
      if (cell && hasView(cell, run.run_id)) this.shown.add(run.run_id);
    }
  }

  private async receive(content: Record<string, unknown>): Promise<void> {
    if (content.kind !== "runs") return;
    const runs = parseRuns(content.payload);
    this.runs = runs;
    await this.panel.context.ready;
    this.noteShown();
    if (this.earlierClients.size === 0) return;
    // A shared document has all outputs at once, except those that JupyterLab has dropped since.
    if (!this.hasRuns && isShared(this.panel)) {
      for (const { run_id } of runs) this.requested.add(run_id);
    }
    this.hasRuns = true;
    for (const run of runs) {
      if (this.signal.aborted || this.requested.has(run.run_id) || !this.isLost(run)) continue;
      this.requested.add(run.run_id);
      this.request(run);
    }
  }

  private isLost(run: RunBrief): boolean {
    if (run.client === null || !this.earlierClients.has(run.client)) return false;
    const cell = this.cellOf(run);
    return cell !== null && !hasView(cell, run.run_id) && !this.wasSavedSince(run);
  }

  /**
   * Return whether the file was saved after the run started, and so is what the user saved.
   *
   * On a busy computer, a run starts seconds before its view is in the page: a save of this page in
   * between does not count.
   */
  private wasSavedSince({ run_id, started_at }: RunBrief): boolean {
    const { panel } = this;
    if (isShared(panel)) return false;
    const modified = panel.context.contentsModel?.last_modified ?? "";
    if (Date.parse(modified) < started_at * 1000) return false;
    const save = JSON.parse(sessionStorage.getItem(this.saveKey) ?? "null") as Save | null;
    return save?.modified !== modified || save.shown.includes(run_id);
  }

  private cellOf({ cell_id }: RunBrief): ICodeCellModel | null {
    for (const cell of this.panel.context.model.cells) {
      if (cell.id === cell_id && cell.type === "code") return cell as ICodeCellModel;
    }
    return null;
  }

  /** Get the run's state from the kernel and put it into the cell. */
  private request(run: RunBrief): void {
    const request = new AbortController();
    const end = () => request.abort();
    this.signal.addEventListener("abort", end);
    request.signal.addEventListener("abort", () => this.signal.removeEventListener("abort", end));
    const transport = new RunTransport(run.run_id, null);
    const session = new RunSession(transport, request.signal);
    session.store.subscribe(() => {
      const snapshot = encodeSnapshot(session.store);
      if (!snapshot) return;
      end();
      if (!this.isLost(run)) return;
      this.cellOf(run)?.outputs.add({
        output_type: "display_data",
        data: JSON.parse(
          JSON.stringify({ [MIME_TYPE]: snapshot, "text/plain": t("Live training") }),
        ),
        metadata: {},
      });
    }, request.signal);
    transport.use(this.channel);
  }
}

function hasView(cell: ICodeCellModel, runId: string): boolean {
  for (let index = 0; index < cell.outputs.length; index++) {
    const data = cell.outputs.get(index).data[MIME_TYPE] as
      | { payload?: { run?: { run_id?: string } } }
      | undefined;
    if (data?.payload?.run?.run_id === runId) return true;
  }
  return false;
}

/** Record this connection for use after a reload; return the earlier ones. */
function rememberClient(kernel: Kernel.IKernelConnection): ReadonlySet<string> {
  const key = `kwidgets.clients.${kernel.id}`;
  const known = JSON.parse(sessionStorage.getItem(key) ?? "[]") as string[];
  const earlier = known.filter((client) => client !== kernel.clientId);
  sessionStorage.setItem(key, JSON.stringify([...earlier, kernel.clientId].slice(-MAX_CLIENTS)));
  return new Set(earlier);
}
