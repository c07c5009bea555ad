/**
 * Makes the anywidget module of a view that requests what it shows. It loads the bundle with the
 * code of the view, and is small because it is sent with each view.
 */

import { PROTOCOL_VERSION } from "../protocol";
import { importGzipped } from "../shared/importGzipped";
import { loadOnce } from "../shared/loadOnce";
import type { BackboneModel, WidgetModel } from "./builderBundleTypes";
import { loaderTranslator } from "./loaderTranslation";
import type { RequestRenderProps } from "./requestBundleTypes";

type Translate = (text: string, value: unknown) => string;

function library(model: WidgetModel): Promise<BackboneModel> {
  const reference = String(model.get("library")).replace("IPY_MODEL_", "");
  return model.widget_manager.get_model(reference);
}

/** Import a part of the library, once in a page. */
export function loadPart<T>(model: WidgetModel, name: string, key: string): Promise<T> {
  return loadOnce(key, async () => importGzipped<T>(String((await library(model)).get(name))));
}

/**
 * @param draw loads the code, and draws the view
 * @param failed returns what is shown in place of a view that cannot be drawn
 */
export function requestLoader(
  draw: (props: RequestRenderProps, library: BackboneModel) => Promise<() => void>,
  failed: (t: Translate, error: unknown) => string,
) {
  return {
    /** Tell the kernel that this page can draw the view: until then it shows HTML. */
    initialize({ model }: Pick<RequestRenderProps, "model">): void {
      model.send({ v: PROTOCOL_VERSION, kind: "hello", payload: {} });
    },

    async render(props: RequestRenderProps): Promise<(() => void) | undefined> {
      const { model } = props;
      try {
        return await draw(props, await library(model));
      } catch (error) {
        console.error(error);
        props.el.textContent = failed(await loaderTranslator(() => library(model)), error);
        return undefined;
      }
    },
  };
}
