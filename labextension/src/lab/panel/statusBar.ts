/** Puts the running fit into JupyterLab's status bar, on pages that have one. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { ISignal } from "@lumino/signaling";
import { optionalService } from "../optionalService";
import type { TrainingStatus } from "./statusItem";

const RANK = 50;

/** Add `item`, which is shown while `isActive` returns true; without a status bar do nothing. */
export async function addToStatusBar(
  app: JupyterFrontEnd,
  item: TrainingStatus,
  isActive: () => boolean,
  activeStateChanged: ISignal<object, void>,
): Promise<void> {
  const statusBar = await optionalService(
    app,
    import("@jupyterlab/statusbar"),
    ({ IStatusBar }) => IStatusBar,
  );
  statusBar?.registerStatusItem("kwidgets:training", {
    item,
    align: "left",
    rank: RANK,
    isActive,
    activeStateChanged,
  });
}
