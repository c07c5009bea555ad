/** The anywidget module of the export panel, which loads the bundle `export-view.js`. */

import type { ExportModule } from "./requestBundleTypes";
import { loadPart, requestLoader } from "./requestLoader";

export default requestLoader(
  async (props, library) => {
    const key = `export@${props.model.get("library_version")}`;
    const view = await loadPart<ExportModule>(props.model, "code", key);
    return view.draw(props, library);
  },
  (t, error) => t("Cannot load the export panel. (%1)", error),
);
