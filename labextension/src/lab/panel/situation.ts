/** Why the panel shows what it shows: each situation has a face of its own. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { KernelModels } from "./kernelModels";

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
  language: string | null;
  models: KernelModels | null;
  loading: Loading;
}

export function situationOf({ sessionContext, language, models, loading }: KernelFacts): Situation {
  if (!sessionContext) return { is: "no-notebook" };
  const state = models?.channel.state;
  if (!models || !state) {
    const starting = !sessionContext.isReady || sessionContext.hasNoKernel === false;
    return { is: starting ? "connecting" : "no-kernel" };
  }
  if (state.is === "open") return { is: "open", models };
  if (language !== null && language.toLowerCase() !== "python") {
    return { is: "not-python", language };
  }
  if (state.is === "absent") return { is: "absent", loading };
  return state;
}
