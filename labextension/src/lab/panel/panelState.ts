/** Why the panel shows what it shows: each situation has a face of its own. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { KernelModels } from "./modelsAndRuns";

export type Situation =
  /** No notebook is open. */
  | { is: "no-notebook" }
  /** The notebook has no kernel. */
  | { is: "no-kernel" }
  /** The kernel starts, or the page finds it again. */
  | { is: "connecting" }
  /** The kernel's language is another one. */
  | { is: "not-python"; language: string }
  /** kwidgets is not loaded in the kernel. */
  | { is: "absent"; loading: Loading }
  | { is: "refused"; message: string }
  | { is: "lost"; dead: boolean }
  | { is: "open"; models: KernelModels };

/** What has come of loading kwidgets at the user's wish. */
export type Loading =
  | { is: "not-asked" }
  | { is: "asked" }
  | { is: "not-installed" }
  | { is: "failed"; message: string };

/** What the panel needs to know of a kernel to tell its situation. */
export interface KernelFacts {
  sessionContext: ISessionContext | null;
  /** Whether the notebook has had a kernel, or found that it has none. */
  settled: boolean;
  language: string | null;
  models: KernelModels | null;
  loading: Loading;
}

/** JupyterLab's words for a kernel that is on its way. */
const ON_ITS_WAY = ["starting", "restarting", "terminating"];

export function situationOf(facts: KernelFacts): Situation {
  const { sessionContext, settled, language, models, loading } = facts;
  if (!sessionContext) return { is: "no-notebook" };
  const state = models?.channel.state;
  if (!models || !state) {
    const status = sessionContext.kernelDisplayStatus;
    const none = status === "unknown" || (settled && !ON_ITS_WAY.includes(status));
    return { is: none ? "no-kernel" : "connecting" };
  }
  if (state.is === "open") return { is: "open", models };
  if (language !== null && language.toLowerCase() !== "python") {
    return { is: "not-python", language };
  }
  if (state.is === "absent") return { is: "absent", loading };
  return state;
}
