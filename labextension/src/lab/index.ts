/** The JupyterLab plugin. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
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
