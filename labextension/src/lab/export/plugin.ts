/** The JupyterLab plugin of the export panel: the output of a cell, and tabs that views open. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { WidgetTracker } from "@jupyterlab/apputils";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { t } from "../../shared/translation";
import { EXPORT_MODEL, type ExportModel } from "../../shared/viewEvents";
import { exportRendererFactory } from "../exportRenderer";
import type { Channels } from "../kernel/channelByKernel";
import { IChannels } from "../pluginTokens";
import { RANK_AFTER_WIDGETS, RANK_BEFORE_WIDGETS } from "../rendererRanks";
import { ExportTab, exportIcon } from "./tab";

const OPEN_EXPORT = "kwidgets:export-model";

export const exportPlugin: JupyterFrontEndPlugin<void> = {
  id: "kwidgets:export",
  description: "Exports Keras models: the output of kwidgets.export(), and tabs for any model.",
  autoStart: true,
  requires: [IRenderMimeRegistry, IChannels],
  optional: [INotebookTracker, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    channels: Channels,
    tracker: INotebookTracker | null,
    restorer: ILayoutRestorer | null,
  ) => {
    rendermime.addFactory(exportRendererFactory(null), RANK_AFTER_WIDGETS);
    // Voilà shows no notebook, and has no place for a tab.
    if (!tracker) return;
    const register = (panel: NotebookPanel) =>
      panel.content.rendermime.addFactory(
        exportRendererFactory({ panel, channels }),
        RANK_BEFORE_WIDGETS,
      );
    tracker.forEach(register);
    tracker.widgetAdded.connect((_, panel) => register(panel));

    const tabs = new WidgetTracker<ExportTab>({ namespace: "kwidgets-export" });
    const open = (panel: NotebookPanel, model: string) => {
      const known = tabs.find((tab) => tab.model === model);
      const activate = () => app.shell.activateById(panel.id);
      const tab = known ?? new ExportTab({ panel, channels }, model, activate);
      if (!known) {
        void tabs.add(tab);
        app.shell.add(tab, "main", { ref: panel.id, mode: "split-right" });
      }
      app.shell.activateById(tab.id);
    };
    document.addEventListener(EXPORT_MODEL, (event) => {
      const panel = notebookOf(event.target as Node, tracker);
      const kernel = panel?.sessionContext.session?.kernel;
      if (!panel || !kernel || channels.of(kernel).state.is !== "open") return;
      event.preventDefault();
      const { model } = (event as CustomEvent<ExportModel>).detail;
      if (model !== null) open(panel, model);
    });
    app.commands.addCommand(OPEN_EXPORT, {
      label: t("Export Keras Model"),
      icon: exportIcon,
      execute: ({ path, model }) => {
        const panel = tracker.find(({ context }) => context.path === path);
        if (panel) open(panel, String(model));
      },
    });
    // A tab without its notebook has no kernel: notebooks are restored first.
    void restorer?.restore(tabs, {
      command: OPEN_EXPORT,
      args: ({ path, model }) => ({ path, model }),
      name: ({ id }) => id,
      when: tracker.restored,
    });
  },
};

/** Return the notebook that contains a node, or else, as for the side panel, the current one. */
function notebookOf(node: Node, tracker: INotebookTracker): NotebookPanel | null {
  return (
    tracker.find(({ content }) => content.node.contains(node)) ?? tracker.currentWidget ?? null
  );
}
