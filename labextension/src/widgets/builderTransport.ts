/** A BuilderTransport over an anywidget model and the model of the catalog. */

import { unpackCatalog } from "../builder/catalog";
import type { BuilderListener, BuilderTransport } from "../builder/session";
import type { WidgetModel } from "./builderBundleTypes";

export class BuilderModelTransport implements BuilderTransport {
  constructor(private readonly model: WidgetModel) {}

  listen(listener: BuilderListener, signal: AbortSignal): void {
    const { model } = this;
    const on = (event: string, receive: (...args: never[]) => void) => {
      model.on(event, receive);
      signal.addEventListener("abort", () => model.off(event, receive));
    };
    const readSnapshot = () => {
      const snapshot = model.get("snapshot");
      // A builder that was never drawn may have none.
      if (isEnvelope(snapshot)) listener.message(snapshot);
    };
    readSnapshot();
    on("msg:custom", (content: unknown) => listener.message(content));
    on("change:snapshot", readSnapshot);
    on("comm_live_update", () => listener.lost());
    this.readCatalog(listener, signal).catch((error) => {
      console.error("kwidgets: the catalog could not be read.", error);
    });
  }

  send(content: object): void {
    this.model.send(content);
  }

  private async readCatalog(listener: BuilderListener, signal: AbortSignal): Promise<void> {
    const id = String(this.model.get("catalog")).replace("IPY_MODEL_", "");
    const catalog = await this.model.widget_manager.get_model(id);
    let latest = 0;
    const read = async () => {
      const number = ++latest;
      const unpacked = await unpackCatalog(catalog.get("data") as string);
      if (number === latest && !signal.aborted) listener.catalog(unpacked);
    };
    const reread = () => {
      read().catch((error) => console.error("kwidgets: the catalog could not be read.", error));
    };
    catalog.on("change:data", reread);
    signal.addEventListener("abort", () => catalog.off("change:data", reread));
    await read();
  }
}

function isEnvelope(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value;
}
