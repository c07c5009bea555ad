/** The JupyterLab plugin that draws hyperparameter searches in notebooks. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { Channels } from "./kernel/channelByKernel";
import { IChannels } from "./pluginTokens";
import { RANK_AFTER_WIDGETS, RANK_BEFORE_WIDGETS } from "./rendererRanks";
import { searchRendererFactory } from "./searchRenderer";

export const searchPlugin: JupyterFrontEndPlugin<void> = {
  id: "kwidgets:search",
  description: "Draws hyperparameter searches in notebooks, live and saved.",
  autoStart: true,
  requires: [IRenderMimeRegistry, IChannels],
  optional: [INotebookTracker],
  activate: (
    _app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    channels: Channels,
    tracker: INotebookTracker | null,
  ) => {
    rendermime.addFactory(searchRendererFactory(null), RANK_AFTER_WIDGETS);
    const register = (panel: NotebookPanel) =>
      panel.content.rendermime.addFactory(
        searchRendererFactory({ panel, channels }),
        RANK_BEFORE_WIDGETS,
      );
    tracker?.forEach(register);
    tracker?.widgetAdded.connect((_, panel) => register(panel));
  },
};
