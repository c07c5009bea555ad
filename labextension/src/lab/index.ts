/** The JupyterLab plugins. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ITranslator } from "@jupyterlab/translation";
import { setTranslator } from "../shared/translation";
import { builderRendererFactory } from "./builderRenderer";
import { listenForCode } from "./insertCell";
import { Channels } from "./kernel/channels";
import { liveRendererFactory } from "./liveRenderer";
import { summaryRendererFactory } from "./summaryRenderer";
import { IChannels } from "./tokens";

// Before the widget view (-10), which shows an error when its kernel is gone.
const RANK = -20;
// In a console, say: the widget is live there, what we draw is not.
const RANK_WITHOUT_KERNEL = -5;

/** Before other renderers where its kernel can be found, that is, in a notebook. */
export const livePlugin: JupyterFrontEndPlugin<Channels> = {
  id: "kwidgets:live",
  description: "Draws Keras training runs and model summaries in notebooks, live and saved.",
  autoStart: true,
  provides: IChannels,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    tracker: INotebookTracker | null,
    translator: ITranslator | null,
  ) => {
    // Here, since the other plugins wait for this one and find their words there.
    if (translator) {
      const words = translator.load("kwidgets");
      setTranslator((text, ...values) => words.__(text, ...values), translator.languageCode);
    }
    const channels = new Channels();
    rendermime.addFactory(liveRendererFactory(null), RANK_WITHOUT_KERNEL);
    rendermime.addFactory(summaryRendererFactory(null), RANK_WITHOUT_KERNEL);
    const register = (panel: NotebookPanel) => {
      const { rendermime } = panel.content;
      rendermime.addFactory(liveRendererFactory({ panel, channels }), RANK);
      rendermime.addFactory(summaryRendererFactory({ panel, channels }), RANK);
    };
    tracker?.forEach(register);
    tracker?.widgetAdded.connect((_, panel) => register(panel));
    return channels;
  },
};

export const builderPlugin: JupyterFrontEndPlugin<void> = {
  id: "kwidgets:builder",
  description: "Draws the Sequential builders that are saved in notebooks, and puts code in cells.",
  autoStart: true,
  requires: [IRenderMimeRegistry, IChannels],
  optional: [INotebookTracker],
  activate: (
    _app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    _channels: Channels,
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
