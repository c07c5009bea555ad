/** The JupyterLab plugins of the live view, the model summary and the builder. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker, NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ITranslator } from "@jupyterlab/translation";
import { setTranslator } from "../shared/translation";
import { watchExecutions } from "./bringIntoView";
import { builderRendererFactory } from "./builderRenderer";
import { handleInsertCellEvents } from "./insertCell";
import { Channels } from "./kernel/channelByKernel";
import { liveRendererFactory } from "./liveRenderer";
import { restoreLostViews } from "./lostViews";
import { IChannels } from "./pluginTokens";
import { RANK_AFTER_WIDGETS, RANK_BEFORE_WIDGETS } from "./rendererRanks";
import { summaryRendererFactory } from "./summaryRenderer";

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
    // Here, since the other plugins are activated after this one.
    if (translator) {
      const bundle = translator.load("kwidgets");
      setTranslator((text, ...values) => bundle.__(text, ...values), translator.languageCode);
    }
    const channels = new Channels();
    watchExecutions(NotebookActions);
    rendermime.addFactory(liveRendererFactory(null), RANK_AFTER_WIDGETS);
    rendermime.addFactory(summaryRendererFactory(null), RANK_AFTER_WIDGETS);
    const register = (panel: NotebookPanel) => {
      const { rendermime } = panel.content;
      rendermime.addFactory(liveRendererFactory({ panel, channels }), RANK_BEFORE_WIDGETS);
      rendermime.addFactory(summaryRendererFactory({ panel, channels }), RANK_BEFORE_WIDGETS);
      restoreLostViews(panel, channels);
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
    if (!tracker) {
      // As in Voilà, where the widget is live as long as the page is.
      rendermime.addFactory(builderRendererFactory(null), RANK_AFTER_WIDGETS);
      return;
    }
    rendermime.addFactory(builderRendererFactory(null), RANK_BEFORE_WIDGETS);
    // Each notebook has a registry of its own, a copy of the one above.
    const register = (panel: NotebookPanel) => {
      const { sessionContext } = panel;
      const { rendermime } = panel.content;
      rendermime.addFactory(
        builderRendererFactory({ rendermime, sessionContext, panel }),
        RANK_BEFORE_WIDGETS,
      );
    };
    tracker.forEach(register);
    tracker.widgetAdded.connect((_, panel) => register(panel));
    handleInsertCellEvents(tracker);
  },
};
