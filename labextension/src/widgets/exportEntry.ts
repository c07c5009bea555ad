/** The entry point of the bundle `export-view.js`, the export panel. */

import { mountExport } from "../formats/components/mountExport";
import { parseSavedExport } from "../formats/parse";
import { KernelExports } from "../formats/source";
import { ExportStore } from "../formats/store";
import { t } from "../shared/translation";
import { drawRequestView } from "./drawRequestView";
import type { ExportModule } from "./requestBundleTypes";

export const draw: ExportModule["draw"] = (props, library) =>
  drawRequestView(props, library, (data, send) => {
    const saved = parseSavedExport(data);
    const source = new KernelExports(send);
    const store = new ExportStore(source, saved.model, saved.model_name);
    store.showSaved(saved.state);
    return {
      source,
      store,
      mount: (note) => mountExport(props.el, store, note),
      withoutKernel: () => t("The kernel is gone. Run the cell again to export the model."),
    };
  });
