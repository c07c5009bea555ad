/**
 * Draws a builder out of a notebook's output: the widget while its kernel lives, and before and
 * after that the table that was saved.
 */

import type { NotebookPanel } from "@jupyterlab/notebook";
import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Panel, Widget } from "@lumino/widgets";
import { mountSaved } from "../builder/components/saved/mountSavedBuilder";
import { type MimeBundle, SAVE_BUNDLE } from "../builder/hostEvents";
import { BUILDER_MIME_TYPE } from "../builder/protocol";
import { parseSaved } from "../builder/savedBuilder";
import { t } from "../shared/translation";
import { loadPlotly } from "./loadPlotly";

const WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json";

/** What of a notebook the renderer needs to draw widgets. */
export interface WidgetHome {
  /** The notebook's own, which comes to know the notebook's widget manager. */
  rendermime: IRenderMimeRegistry;
  sessionContext: NotebookPanel["sessionContext"];
}

type Kernel = NonNullable<NonNullable<WidgetHome["sessionContext"]["session"]>["kernel"]>;

/** What decides which view is drawn, if any. */
interface Wanted {
  modelId: string;
  factory: IRenderMime.IRendererFactory | undefined;
  kernel: Kernel | null;
}

class BuilderRenderer extends Panel implements IRenderMime.IRenderer {
  private readonly table = new Widget();
  private readonly observer = new MutationObserver(() => this.choose());
  /** The data that the table shows, while it is shown. */
  private drawn: unknown = null;
  private unmount: (() => void) | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private wanted: Wanted | null = null;
  private view: IRenderMime.IRenderer | null = null;

  constructor(private readonly home: WidgetHome | null) {
    super();
    this.addWidget(this.table);
    // Until the notebook has its kernel, widgets are drawn by a stand-in that draws nothing, and
    // the widget manager that then comes looks for outputs that are widgets, not for our inside.
    home?.sessionContext.statusChanged.connect(this.lookAgain, this);
    home?.sessionContext.kernelChanged.connect(this.lookAgain, this);
    this.node.addEventListener(SAVE_BUNDLE, (event) => this.save(event as CustomEvent));
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    this.choose();
    // A busy kernel answers at the end of the cell, which may be the one that shows the widget.
    await this.drawView(model, (kernel) => kernel.status === "busy");
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.observer.disconnect();
    this.clearTable();
    super.dispose();
  }

  private drawTable(data: unknown): void {
    if (data === this.drawn) return;
    this.drawn = data;
    try {
      this.unmount = mountSaved(this.table.node, parseSaved(data), loadPlotly);
    } catch (error) {
      this.table.node.textContent = t("The saved model cannot be read. %1", String(error));
    }
  }

  private clearTable(): void {
    this.unmount?.();
    this.drawn = this.unmount = null;
  }

  private async drawView(
    model: IRenderMime.IMimeModel,
    isBelieved: (kernel: Kernel) => boolean = () => false,
  ): Promise<void> {
    const wanted: Wanted = {
      modelId: modelIdOf(model.data[WIDGET_MIME_TYPE]),
      // A widget runs code, which only a trusted output may do.
      factory: model.trusted ? this.home?.rendermime.getFactory(WIDGET_MIME_TYPE) : undefined,
      kernel: this.home?.sessionContext.session?.kernel ?? null,
    };
    // Our own saving comes back here; the view that it came from must stay.
    if (this.wanted && isSame(this.wanted, wanted)) return;
    this.wanted = wanted;
    this.observer.disconnect();
    this.view?.dispose();
    this.view = null;
    this.choose();
    if (!(await isAlive(wanted, isBelieved)) || this.isDisposed || this.wanted !== wanted) return;
    this.view = this.home!.rendermime.createRenderer(WIDGET_MIME_TYPE);
    this.addWidget(this.view);
    this.observer.observe(this.view.node, { childList: true, subtree: true });
    this.choose();
    await this.view.renderModel(model);
    this.choose();
  }

  private lookAgain(): void {
    if (this.model && !this.table.isHidden) void this.drawView(this.model);
  }

  /** The widget manager writes plain text while it has nothing to show, or cannot. */
  private choose(): void {
    const live = this.view?.node.querySelector(":scope > * *") != null;
    this.table.setHidden(live);
    // Behind a living view, charts would be drawn that nobody sees.
    if (live) this.clearTable();
    else this.drawTable(this.model?.data[BUILDER_MIME_TYPE]);
    // Not `hide`, which is what the manager does to a view that was closed.
    if (this.view) this.view.node.style.display = live ? "" : "none";
  }

  /** A view has newer data for the notebook; without any it asks whether we would take some. */
  private save(event: CustomEvent<MimeBundle | null>): void {
    const { model } = this;
    if (!model) return;
    event.preventDefault();
    event.stopPropagation();
    const bundle = event.detail;
    if (!bundle) return;
    const data = { ...model.data, ...bundle } as IRenderMime.IMimeModel["data"];
    const isNew = Object.entries(bundle).some(
      ([type, value]) => JSON.stringify(value) !== JSON.stringify(model.data[type]),
    );
    if (isNew) model.setData({ data });
  }
}

/** Whether the kernel still has the widget; without asking, the manager logs an error. */
async function isAlive(
  { modelId, factory, kernel }: Wanted,
  isBelieved: (kernel: Kernel) => boolean,
): Promise<boolean> {
  if (!modelId || !factory || !kernel) return false;
  if (isBelieved(kernel)) return true;
  const { content } = await kernel.requestCommInfo({ target_name: "jupyter.widget" });
  return content.status === "ok" && modelId in content.comms;
}

function isSame(a: Wanted, b: Wanted): boolean {
  return a.modelId === b.modelId && a.factory === b.factory && a.kernel === b.kernel;
}

function modelIdOf(view: unknown): string {
  const id = (view as { model_id?: unknown } | undefined)?.model_id;
  return typeof id === "string" ? id : "";
}

export function builderRendererFactory(home: WidgetHome | null): IRenderMime.IRendererFactory {
  return {
    // Untrusted outputs consider only safe factories. Safe it is: of an untrusted output only the
    // table is drawn, and no HTML is made from the data.
    safe: true,
    mimeTypes: [BUILDER_MIME_TYPE],
    createRenderer: () => new BuilderRenderer(home),
  };
}
