/** The entry point of the bundle `search-view.js`, the view of a hyperparameter search. */

import { mountSearch } from "../distributed/search/components/mountSearch";
import type { DrawLive } from "../distributed/search/components/RunningTrial";
import { parseSavedSearch } from "../distributed/search/parse";
import { KernelSearches } from "../distributed/search/source";
import { SearchStore } from "../distributed/search/store";
import { t } from "../shared/translation";
import { drawRequestView } from "./drawRequestView";
import type { SearchModule } from "./requestBundleTypes";

export const draw: SearchModule["draw"] = (props, library) =>
  drawRequestView(props, library, (data, send) => {
    const source = new KernelSearches(send);
    const store = new SearchStore(source, parseSavedSearch(data));
    // How it ended, also where the kernel is gone before this page has asked for it.
    props.model.on("change:saved", () => {
      store.showSaved(parseSavedSearch(props.model.get("saved")));
    });
    const drawLive: DrawLive = async (el, { widget }, signal) => {
      if (!props.host) throw new Error(t("This notebook cannot show nested widgets."));
      const live = await props.host.getWidget(`anywidget:${widget}`);
      if (!signal.aborted) await live.render({ el, signal });
    };
    return {
      source,
      store,
      mount: (note) => mountSearch(props.el, store, drawLive, note),
      withoutKernel: () => t("The kernel is gone. Run the cell again to continue the search."),
    };
  });
