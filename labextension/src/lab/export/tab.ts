/** The tab in JupyterLab's main area that exports one model of a notebook. */

import { LabIcon } from "@jupyterlab/ui-components";
import { Widget } from "@lumino/widgets";
import { mountExport } from "../../formats/components/mountExport";
import { ExportStore } from "../../formats/store";
import { t } from "../../shared/translation";
import { INSERT_CELL, type InsertCell } from "../../shared/viewEvents";
import { followSource } from "../followSource";
import { insertBelow } from "../insertCell";
import { channelExports } from "../kernel/channelSources";
import type { RendererNotebook } from "../rendererNotebook";

// An arrow that leaves a box.
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
  '<g class="jp-icon3" stroke="#616161" stroke-width="2" stroke-linecap="round" style="fill:none">' +
  '<path d="M10 5H4v15h15v-6"/><path d="M10.500 13.500L20 4M13.500 4H20v6.500"/></g></svg>';

export const exportIcon = new LabIcon({ name: "kwidgets:export", svgstr: ICON });

export class ExportTab extends Widget {
  readonly path: string;
  private readonly lifetime = new AbortController();
  private readonly store: ExportStore;

  /** @param model the key of the model, or the id of a run */
  constructor(
    notebook: RendererNotebook,
    readonly model: string,
    activate: (notebook: RendererNotebook) => void,
  ) {
    super();
    const { panel } = notebook;
    this.path = panel.context.path;
    this.id = `kwidgets-export-${model}`;
    this.addClass("kw-page");
    this.addClass("kw-export-tab");
    this.title.label = t("Export model");
    this.title.icon = exportIcon;
    this.title.closable = true;
    const { signal } = this.lifetime;
    const store = new ExportStore(null, model, "");
    this.store = store;
    const note = t("The kernel is not available. Restart it, and run the cell again.");
    let unmount = mountExport(this.node, store, note);
    signal.addEventListener("abort", () => unmount());
    // The tab has no cells: code goes into the notebook of the model.
    this.node.addEventListener(INSERT_CELL, (event) => {
      if (panel.isDisposed || panel.content.model?.readOnly) return;
      event.preventDefault();
      event.stopPropagation();
      const { source } = (event as CustomEvent<InsertCell>).detail;
      if (source === null) return;
      activate(notebook);
      insertBelow(panel, source);
    });
    store.follow(() => this.isVisible && document.visibilityState === "visible", signal);
    store.subscribe(() => this.nameTab(), signal);
    followSource(
      notebook,
      channelExports,
      (source) => {
        store.setSource(source);
        unmount();
        unmount = mountExport(this.node, store, source ? "" : note);
      },
      signal,
    );
    panel.disposed.connect(() => this.dispose());
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }

  protected override onActivateRequest(): void {
    this.node.querySelector<HTMLElement>("input, button")?.focus();
  }

  private nameTab(): void {
    const { modelName } = this.store;
    if (modelName) this.title.label = t("Export %1", modelName);
  }
}
