/** The anywidget module of the view of a search, which loads the bundle `search-view.js`. */

import type { SearchModule } from "./requestBundleTypes";
import { loadPart, requestLoader } from "./requestLoader";

export default requestLoader(
  async (props, library) => {
    const key = `search@${props.model.get("library_version")}`;
    const view = await loadPart<SearchModule>(props.model, "code", key);
    return view.draw(props, library);
  },
  (t, error) => t("Cannot load the view of the search. The search continues. (%1)", error),
);
