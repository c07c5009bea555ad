/**
 * Renders a builder in a notebook's output: the widget while its kernel is alive, otherwise the
 * saved table.
 */

import type { NotebookPanel } from "@jupyterlab/notebook";
import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Panel, Widget } from "@lumino/widgets";
import { mountSavedBuilder } from "../builder/components/saved/mountSavedBuilder";
import { BUILDER_MIME_TYPE } from "../builder/protocol";
import { parseSavedBuilder } from "../builder/savedBuilder";
import { t } from "../shared/translation";
import { type MimeBundle, SAVE_BUNDLE } from "../shared/viewEvents";
import { loadPlotly } from "./loadPlotly";
import { findSharedOutputs, isShared, type SharedOutput, turnMs } from "./sharedOutput";

const WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json";

/** The parts of a notebook that the renderer needs to draw widgets. */
export interface WidgetNotebook {
  /** The notebook's own, to which the widget manager adds its renderer. */
  rendermime: IRenderMimeRegistry;
  sessionContext: NotebookPanel["sessionContext"];
  panel: NotebookPanel;
}

type Data = IRenderMime.IMimeModel["data"];
type Kernel = NonNullable<NonNullable<WidgetNotebook["sessionContext"]["session"]>["kernel"]>;

/** The inputs that decide which widget view is drawn, if any. */
interface ViewInputs {
  modelId: string;
  factory: IRenderMime.IRendererFactory | undefined;
  kernel: Kernel | null;
}

class BuilderRenderer extends Panel implements IRenderMime.IRenderer {
  private readonly table = new Widget();
  private readonly observer = new MutationObserver(() => this.showViewOrTable());
  /** The data that the table shows, while it is shown. */
  private drawn: unknown = null;
  private unmount: (() => void) | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private drawnInputs: ViewInputs | null = null;
  private view: IRenderMime.IRenderer | null = null;
  private sharedTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly notebook: WidgetNotebook | null) {
    super();
    this.addWidget(this.table);
    // Until the notebook has its kernel, a placeholder renders widgets as nothing. The widget
    // manager that replaces it redraws outputs that are widgets, but not widgets inside of ours.
    notebook?.sessionContext.statusChanged.connect(this.redrawView, this);
    notebook?.sessionContext.kernelChanged.connect(this.redrawView, this);
    this.node.addEventListener(SAVE_BUNDLE, (event) => this.save(event as CustomEvent));
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    this.showViewOrTable();
    // A busy kernel replies only at the end of the cell, which may be the one with the widget.
    await this.drawView(model, (kernel) => kernel.status === "busy");
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.observer.disconnect();
    clearTimeout(this.sharedTimer);
    this.clearTable();
    super.dispose();
  }

  private drawTable(data: unknown): void {
    if (data === this.drawn) return;
    this.drawn = data;
    try {
      this.unmount = mountSavedBuilder(this.table.node, parseSavedBuilder(data), loadPlotly);
    } catch (error) {
      this.table.node.textContent = t("Cannot read the saved model. %1", String(error));
    }
  }

  private clearTable(): void {
    this.unmount?.();
    this.drawn = this.unmount = null;
  }

  private async drawView(
    model: IRenderMime.IMimeModel,
    assumeAlive: (kernel: Kernel) => boolean = () => false,
  ): Promise<void> {
    const inputs: ViewInputs = {
      modelId: modelIdOf(model.data[WIDGET_MIME_TYPE]),
      // A widget runs code, which only a trusted output may do.
      factory: model.trusted ? this.notebook?.rendermime.getFactory(WIDGET_MIME_TYPE) : undefined,
      kernel: this.notebook?.sessionContext.session?.kernel ?? null,
    };
    // After our own save too, when the view that sent the data must stay.
    if (this.drawnInputs && isSame(this.drawnInputs, inputs)) return;
    this.drawnInputs = inputs;
    this.observer.disconnect();
    this.view?.dispose();
    this.view = null;
    this.showViewOrTable();
    if (!(await isAlive(inputs, assumeAlive)) || this.isDisposed || this.drawnInputs !== inputs) {
      return;
    }
    this.view = this.notebook!.rendermime.createRenderer(WIDGET_MIME_TYPE);
    this.addWidget(this.view);
    this.observer.observe(this.view.node, { childList: true, subtree: true });
    this.showViewOrTable();
    this.makeWritableInPlace();
    await this.view.renderModel(model);
    this.showViewOrTable();
  }

  private redrawView(): void {
    if (this.model && !this.table.isHidden) void this.drawView(this.model);
  }

  /** Show the view once it has more than the plain text that the widget manager shows at first. */
  private showViewOrTable(): void {
    const live = this.view?.node.querySelector(":scope > * *") != null;
    this.table.setHidden(live);
    // Behind the view, charts would be drawn that nobody sees.
    if (live) this.clearTable();
    else this.drawTable(this.savedData?.[BUILDER_MIME_TYPE]);
    // Not `hide`, which the manager uses for a view that was closed.
    if (this.view) this.view.node.style.display = live ? "" : "none";
  }

  /** Save a view's new data in the notebook; an event without data tests whether we can. */
  private save(event: CustomEvent<MimeBundle | null>): void {
    const { model } = this;
    if (!model) return;
    event.preventDefault();
    event.stopPropagation();
    const bundle = event.detail;
    if (!bundle) return;
    const withBundle = (data: Data): Data | null => {
      const isNew = Object.entries(bundle).some(
        ([type, value]) => JSON.stringify(value) !== JSON.stringify(data[type]),
      );
      return isNew ? ({ ...data, ...bundle } as Data) : null;
    };
    if (this.isShared) {
      for (const output of this.sharedOutputs()) {
        const data = withBundle(output.data);
        if (data) output.write(data);
      }
    } else {
      const data = withBundle(model.data);
      if (data) model.setData({ data });
    }
  }

  // In a document that several pages share.

  private get isShared(): boolean {
    return this.notebook !== null && isShared(this.notebook.panel);
  }

  /** The latest data of the output. What is set in place is not in the page's own model of it. */
  private get savedData(): Data | undefined {
    const shared = this.isShared ? this.sharedOutputs()[0] : undefined;
    return shared?.data ?? this.model?.data;
  }

  private sharedOutputs(): SharedOutput[] {
    const modelId = modelIdOf(this.model?.data[WIDGET_MIME_TYPE]);
    return findSharedOutputs(
      this.notebook!.panel,
      (data) => BUILDER_MIME_TYPE in data && modelIdOf(data[WIDGET_MIME_TYPE]) === modelId,
    );
  }

  /** At once, before the user types something, since this replaces the output, and so the view. */
  private makeWritableInPlace(): void {
    if (!this.isShared) return;
    clearTimeout(this.sharedTimer);
    this.sharedTimer = setTimeout(() => {
      for (const output of this.sharedOutputs()) {
        if (!output.inPlace) output.write(output.data);
      }
    }, turnMs(this.notebook!.panel));
  }
}

/** Return whether the kernel still has the widget; if not, the manager would log an error. */
async function isAlive(
  { modelId, factory, kernel }: ViewInputs,
  assumeAlive: (kernel: Kernel) => boolean,
): Promise<boolean> {
  if (!modelId || !factory || !kernel) return false;
  if (assumeAlive(kernel)) return true;
  const { content } = await kernel.requestCommInfo({ target_name: "jupyter.widget" });
  return content.status === "ok" && modelId in content.comms;
}

function isSame(a: ViewInputs, b: ViewInputs): boolean {
  return a.modelId === b.modelId && a.factory === b.factory && a.kernel === b.kernel;
}

function modelIdOf(view: unknown): string {
  const id = (view as { model_id?: unknown } | undefined)?.model_id;
  return typeof id === "string" ? id : "";
}

/** Return the factory of the builder's renderers; without a notebook they show only the table. */
export function builderRendererFactory(
  notebook: WidgetNotebook | null,
): IRenderMime.IRendererFactory {
  return {
    // Only safe factories render untrusted outputs. This one is safe: of an untrusted output only
    // the table is drawn, and no HTML is made from the data.
    safe: true,
    mimeTypes: [BUILDER_MIME_TYPE],
    createRenderer: () => new BuilderRenderer(notebook),
  };
}
