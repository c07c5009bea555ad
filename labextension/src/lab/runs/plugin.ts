/** The JupyterLab plugin of the recorded runs: the tab, its command, and the output of a cell. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { t } from "../../shared/translation";
import { insertBelow } from "../insertCell";
import type { Channels } from "../kernel/channelByKernel";
import type { CurrentNotebook } from "../panel/currentNotebook";
import { IChannels, ICurrentNotebook } from "../pluginTokens";
import { RANK_AFTER_WIDGETS, RANK_BEFORE_WIDGETS } from "../rendererRanks";
import { runsRendererFactory } from "../runsRenderer";
import { RUNS_TAB_ID, RunsTab, runsIcon } from "./tab";

export const SHOW_RUNS = "kwidgets:show-runs";

export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: "kwidgets:runs",
  description: "Shows the recorded Keras trainings in a tab, and in the output of kwidgets.runs().",
  autoStart: true,
  requires: [IRenderMimeRegistry, IChannels, ICurrentNotebook],
  optional: [INotebookTracker, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    channels: Channels,
    currentNotebook: CurrentNotebook | null,
    tracker: INotebookTracker | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
  ) => {
    rendermime.addFactory(runsRendererFactory(null), RANK_AFTER_WIDGETS);
    // Voilà shows no notebook, and has no place for a tab.
    if (!tracker || !currentNotebook) return;
    const register = (panel: NotebookPanel) =>
      panel.content.rendermime.addFactory(
        runsRendererFactory({ panel, channels }),
        RANK_BEFORE_WIDGETS,
      );
    tracker.forEach(register);
    tracker.widgetAdded.connect((_, panel) => register(panel));

    const tabs = new WidgetTracker<RunsTab>({ namespace: "kwidgets-runs" });
    let tab: RunsTab | null = null;
    app.commands.addCommand(SHOW_RUNS, {
      label: t("Show Keras Runs"),
      caption: t("Compare the recorded trainings"),
      icon: runsIcon,
      execute: () => {
        if (!tab || tab.isDisposed) {
          tab = new RunsTab(currentNotebook, {
            load: () => void currentNotebook.load(),
            get insertCode() {
              const notebook = tracker.currentWidget;
              if (!notebook || notebook.content.model?.readOnly) return undefined;
              return (code: string) => {
                app.shell.activateById(notebook.id);
                insertBelow(notebook, code);
              };
            },
          });
          void tabs.add(tab);
        }
        if (!tab.isAttached) app.shell.add(tab, "main");
        app.shell.activateById(RUNS_TAB_ID);
      },
    });
    palette?.addItem({ command: SHOW_RUNS, category: t("Keras") });
    void restorer?.restore(tabs, { command: SHOW_RUNS, name: () => RUNS_TAB_ID });
  },
};
