/** The JupyterLab plugins. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { builderRendererFactory } from "./builderRenderer";
import { listenForCode } from "./insertCell";
import { liveRendererFactory } from "./renderer";

// Before the widget view (-10), which shows an error when its kernel is gone.
const RANK = -20;

export const livePlugin: JupyterFrontEndPlugin<void> = {
  id: "kwidgets:plugin",
  description: "Draws the Keras training runs that are saved in notebooks.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app: JupyterFrontEnd, rendermime: IRenderMimeRegistry) => {
    rendermime.addFactory(liveRendererFactory, RANK);
  },
};

export const builderPlugin: JupyterFrontEndPlugin<void> = {
  id: "kwidgets:builder",
  description: "Draws the Sequential builders that are saved in notebooks, and puts code in cells.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker],
  activate: (
    _app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    tracker: INotebookTracker | null,
  ) => {
    rendermime.addFactory(builderRendererFactory(null), RANK);
    if (!tracker) return;
    // Widgets are drawn by each notebook's own registry, a copy of the one above.
    const register = ({ content: { rendermime }, sessionContext }: NotebookPanel) => {
      rendermime.addFactory(builderRendererFactory({ rendermime, sessionContext }), RANK);
    };
    tracker.forEach(register);
    tracker.widgetAdded.connect((_, panel) => register(panel));
    listenForCode(tracker);
  },
};
