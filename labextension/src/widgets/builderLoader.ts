/**
 * The anywidget module of the builder, which loads the bundle `builder-view.js`. It is small
 * because it is sent with each view.
 *
 * Each view has a connection of its own to the kernel and requests what it missed, so no messages
 * from before its drawing need to be kept.
 */

import { PROTOCOL_VERSION } from "../protocol";
import { importGzipped } from "../shared/importGzipped";
import { loadOnce } from "../shared/loadOnce";
import type { BackboneModel, BuilderModule, RenderProps, WidgetModel } from "./builderBundleTypes";
import { loaderTranslator } from "./loaderTranslation";

function library(model: WidgetModel): Promise<BackboneModel> {
  const reference = String(model.get("library")).replace("IPY_MODEL_", "");
  return model.widget_manager.get_model(reference);
}

function load(model: WidgetModel): Promise<BuilderModule> {
  return loadOnce(`builder@${model.get("library_version")}`, async () =>
    importGzipped<BuilderModule>(String((await library(model)).get("builder"))),
  );
}

export default {
  /** Tell the kernel that this page can draw the builder: until then it shows a table. */
  initialize({ model }: Pick<RenderProps, "model">): void {
    model.send({ v: PROTOCOL_VERSION, kind: "hello", payload: {} });
  },

  async render(props: RenderProps): Promise<(() => void) | undefined> {
    try {
      return (await load(props.model)).draw(props, await library(props.model));
    } catch (error) {
      console.error(error);
      const t = await loaderTranslator(() => library(props.model));
      props.el.textContent = t("Cannot load the builder. The model is not affected. (%1)", error);
      return undefined;
    }
  },
};
