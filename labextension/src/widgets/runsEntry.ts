/** The entry point of the bundle `runs-view.js`, the view of recorded runs except Plotly. */

import { mountRuns } from "../record/components/mountRuns";
import { parseSavedRuns } from "../record/parse";
import { KernelRuns } from "../record/source";
import { RunsStore } from "../record/store";
import { importGzipped } from "../shared/importGzipped";
import { loadOnce } from "../shared/loadOnce";
import type { Plotly } from "../shared/plotly";
import { t } from "../shared/translation";
import type { BackboneModel } from "./builderBundleTypes";
import { drawRequestView } from "./drawRequestView";
import type { InsightBundle } from "./liveBundleTypes";
import type { RunsModule } from "./requestBundleTypes";

export const draw: RunsModule["draw"] = (props, library, loadPlotly) =>
  drawRequestView(props, library, (data, send) => {
    const saved = parseSavedRuns(data);
    const source = new KernelRuns(send);
    const store = new RunsStore(source, saved);
    store.showSaved(saved.runs.rows, saved.runs.unreadable);
    const loadInsight = async () => {
      const key = `insight@${props.model.get("library_version")}`;
      const bundle = await loadOnce(key, async () =>
        importGzipped<InsightBundle>(await insightCode(library)),
      );
      return bundle.open(library.get("messages"));
    };
    return {
      source,
      store,
      mount: (note) =>
        mountRuns(props.el, store, loadPlotly as () => Promise<Plotly>, loadInsight, note),
      withoutKernel: () =>
        t("The kernel is gone. Run the cell again to draw and compare the runs."),
    };
  });

/** Return the code of the tabs, which the kernel sends when what they show is asked for. */
async function insightCode(library: BackboneModel): Promise<string> {
  for (;;) {
    const packed = library.get("insight");
    if (packed) return String(packed);
    await new Promise<void>((resolve) => {
      const ready = () => {
        library.off("change:insight", ready);
        resolve();
      };
      library.on("change:insight", ready);
    });
  }
}
