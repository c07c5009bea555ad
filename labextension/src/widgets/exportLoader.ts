/**
 * The anywidget module of the export panel, which loads the bundle `export-view.js`. It is small
 * because it is sent with each view.
 */

import { PROTOCOL_VERSION } from "../protocol";
import { loadOnce } from "../shared/loadOnce";
import type { BackboneModel, WidgetModel } from "./builderBundleTypes";
import type { ExportModule, ExportRenderProps } from "./exportBundleTypes";
import { loaderTranslator } from "./loaderTranslation";

function library(model: WidgetModel): Promise<BackboneModel> {
  const reference = String(model.get("library")).replace("IPY_MODEL_", "");
  return model.widget_manager.get_model(reference);
}

function load(model: WidgetModel): Promise<ExportModule> {
  return loadOnce(`export@${model.get("library_version")}`, async () => {
    const packed = (await library(model)).get("code");
    const stream = new Blob([packed as DataView<ArrayBuffer>]).stream();
    const text = await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).text();
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      return (await import(/* webpackIgnore: true */ url)) as ExportModule;
    } finally {
      URL.revokeObjectURL(url);
    }
  });
}

export default {
  /** Tell the kernel that this page can draw the panel: until then it shows a sentence. */
  initialize({ model }: Pick<ExportRenderProps, "model">): void {
    model.send({ v: PROTOCOL_VERSION, kind: "hello", payload: {} });
  },

  async render(props: ExportRenderProps): Promise<(() => void) | undefined> {
    const { model } = props;
    try {
      const view = await load(model);
      return view.draw(props, await library(model));
    } catch (error) {
      console.error(error);
      const t = await loaderTranslator(() => library(model));
      props.el.textContent = t("Cannot load the export panel. (%1)", error);
      return undefined;
    }
  },
};
