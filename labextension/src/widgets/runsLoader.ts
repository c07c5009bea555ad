/** The anywidget module of the view of recorded runs, which loads the bundle `runs-view.js`. */

import { PLOTLY_KEY } from "../shared/plotly";
import type { RunsModule } from "./requestBundleTypes";
import { loadPart, requestLoader } from "./requestLoader";

export default requestLoader(
  async (props, library) => {
    const { model } = props;
    const key = `runs@${model.get("library_version")}`;
    const view = await loadPart<RunsModule>(model, "runs", key);
    return view.draw(props, library, async () => {
      const plotly = await loadPart<{ default: unknown }>(model, "plotly", PLOTLY_KEY);
      return plotly.default;
    });
  },
  (t, error) => t("Cannot load the view of the runs. (%1)", error),
);
