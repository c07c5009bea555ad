/** Computes the state of the panel from the notebook and its kernel: models to show, or why not. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { ModelsAndRuns } from "./modelsAndRuns";

export type PanelState =
  /** No notebook is open. */
  | { is: "no-notebook" }
  /** The notebook has no kernel. */
  | { is: "no-kernel" }
  /** The kernel is starting, or the page is reconnecting to it. */
  | { is: "connecting" }
  /** The kernel runs another language. */
  | { is: "not-python"; language: string }
  /** kwidgets is not loaded in the kernel. */
  | { is: "absent"; loading: Loading }
  /** The kernel's version of kwidgets is incompatible with ours. */
  | { is: "refused"; message: string }
  /** The connection is gone, or the kernel dead. */
  | { is: "lost"; dead: boolean }
  /** The kernel has kwidgets. */
  | { is: "open"; models: ModelsAndRuns };

/** The result of loading kwidgets at the user's request. */
export type Loading =
  | { is: "not-requested" }
  | { is: "requested" }
  | { is: "not-installed" }
  | { is: "failed"; message: string };

/** The facts that determine the state of the panel. */
export interface PanelStateInput {
  sessionContext: ISessionContext | null;
  /** Whether the notebook has had a kernel, or found that it has none. */
  sessionReady: boolean;
  language: string | null;
  models: ModelsAndRuns | null;
  loading: Loading;
}

/** JupyterLab's display statuses of a kernel that is being started or replaced. */
const STARTING_STATUSES = ["starting", "restarting", "terminating"];

/** Return the state of the panel. */
export function panelStateOf(input: PanelStateInput): PanelState {
  const { sessionContext, sessionReady, language, models, loading } = input;
  if (!sessionContext) return { is: "no-notebook" };
  const state = models?.channel.state;
  if (!models || !state) {
    const status = sessionContext.kernelDisplayStatus;
    const none = status === "unknown" || (sessionReady && !STARTING_STATUSES.includes(status));
    return { is: none ? "no-kernel" : "connecting" };
  }
  if (state.is === "open") return { is: "open", models };
  if (language !== null && language.toLowerCase() !== "python") {
    return { is: "not-python", language };
  }
  if (state.is === "absent") return { is: "absent", loading };
  return state;
}
