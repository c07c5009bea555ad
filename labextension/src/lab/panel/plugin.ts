/** The JupyterLab plugin of the side panel, with its commands, settings and status bar item. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { Signal } from "@lumino/signaling";
import { isActive } from "../../models/runs";
import { t } from "../../shared/translation";
import { insertBelow } from "../insertCell";
import type { Channels } from "../kernel/channelByKernel";
import { IChannels, ICurrentNotebook } from "../pluginTokens";
import { addCommands, COMMANDS } from "./commands";
import { CurrentNotebook } from "./currentNotebook";
import { addToStatusBar } from "./statusBar";
import { TrainingStatus } from "./statusItem";
import { ModelsPanel, PANEL_ID } from "./widget";

const PLUGIN_ID = "kwidgets:panel";
// Below JupyterLab's own tabs.
const RANK = 900;

interface Settings {
  openWhenTraining: boolean;
  showTrainingInStatusBar: boolean;
}

export const panelPlugin: JupyterFrontEndPlugin<CurrentNotebook | null> = {
  id: PLUGIN_ID,
  description: "A side panel with the Keras models of the kernel, and the training that runs.",
  autoStart: true,
  provides: ICurrentNotebook,
  requires: [IChannels],
  optional: [INotebookTracker, ILayoutRestorer, ICommandPalette, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    channels: Channels,
    tracker: INotebookTracker | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
  ) => {
    // Voilà shows no notebook, and has no place for a panel.
    if (!tracker) return null;
    const currentNotebook = new CurrentNotebook(tracker, channels);
    const show = () => app.shell.activateById(PANEL_ID);
    const panel = new ModelsPanel(currentNotebook, {
      load: () => void currentNotebook.load(),
      get chooseKernel() {
        const command = "kernelmenu:change";
        if (!app.commands.hasCommand(command)) return undefined;
        return () => void app.commands.execute(command);
      },
      get insertCode() {
        const notebook = tracker.currentWidget;
        if (!notebook) return undefined;
        return (code: string) => insertBelow(notebook, code);
      },
    });
    app.shell.add(panel, "right", { rank: RANK });
    restorer?.add(panel, PANEL_ID);
    addCommands(app, { tracker, currentNotebook, show });
    for (const command of COMMANDS) {
      palette?.addItem({ command, category: t("Keras") });
    }

    let settings: Settings = { openWhenTraining: false, showTrainingInStatusBar: true };
    const activeChanged = new Signal<object, void>({});
    const lifetime = new AbortController();
    const item = new TrainingStatus(
      currentNotebook,
      show,
      () => activeChanged.emit(),
      lifetime.signal,
    );
    const showsItem = () => item.isActive && settings.showTrainingInStatusBar;
    void addToStatusBar(app, item, showsItem, activeChanged);
    const shownRuns = new Set<string>();
    currentNotebook.subscribe(() => {
      const { state } = currentNotebook;
      const running = state.is === "open" ? state.models.runs.filter(isActive) : [];
      const isNew = running.some(({ run_id }) => !shownRuns.has(run_id));
      for (const { run_id } of running) shownRuns.add(run_id);
      // Without taking the focus from a user who types in the notebook.
      if (isNew && settings.openWhenTraining) showKeepingFocus(app, show);
    }, lifetime.signal);
    void registry?.load(PLUGIN_ID).then((loaded) => {
      const read = () => {
        settings = loaded.composite as unknown as Settings;
        activeChanged.emit();
      };
      loaded.changed.connect(read);
      read();
    });
    return currentNotebook;
  },
};

function showKeepingFocus(app: JupyterFrontEnd, show: () => void): void {
  const focused = document.activeElement as HTMLElement | null;
  show();
  void app.restored.then(() => requestAnimationFrame(() => focused?.focus()));
}
