/**
 * The anywidget module of the view of recorded runs, which loads the bundle `runs-view.js`. It is
 * small because it is sent with each view.
 */

import { PROTOCOL_VERSION } from "../protocol";
import { importGzipped } from "../shared/importGzipped";
import { loadOnce } from "../shared/loadOnce";
import { PLOTLY_KEY } from "../shared/plotly";
import type { BackboneModel, WidgetModel } from "./builderBundleTypes";
import { loaderTranslator } from "./loaderTranslation";
import type { RunsModule, RunsRenderProps } from "./runsBundleTypes";

function library(model: WidgetModel): Promise<BackboneModel> {
  const reference = String(model.get("library")).replace("IPY_MODEL_", "");
  return model.widget_manager.get_model(reference);
}

function load<T>(model: WidgetModel, name: "runs" | "plotly", key: string): Promise<T> {
  return loadOnce(key, async () => importGzipped<T>((await library(model)).get(name)));
}

async function loadPlotly(model: WidgetModel): Promise<unknown> {
  return (await load<{ default: unknown }>(model, "plotly", PLOTLY_KEY)).default;
}

export default {
  /** Tell the kernel that this page can draw the view: until then it shows a table. */
  initialize({ model }: Pick<RunsRenderProps, "model">): void {
    model.send({ v: PROTOCOL_VERSION, kind: "hello", payload: {} });
  },

  async render(props: RunsRenderProps): Promise<(() => void) | undefined> {
    const { model } = props;
    try {
      const view = await load<RunsModule>(model, "runs", `runs@${model.get("library_version")}`);
      return view.draw(props, await library(model), () => loadPlotly(model));
    } catch (error) {
      console.error(error);
      const t = await loaderTranslator(() => library(model));
      props.el.textContent = t("Cannot load the view of the runs. (%1)", error);
      return undefined;
    }
  },
};
