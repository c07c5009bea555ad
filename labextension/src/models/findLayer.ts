/** Finds a layer of a summary by its path. */

import type { LayerSummary } from "./protocol";

/** Return the layer at `path` below `root`, or null. */
export function findLayer(root: LayerSummary, path: string): LayerSummary | null {
  let layer: LayerSummary | undefined = root;
  for (const step of path.split(".")) layer = layer?.children[Number(step)];
  return layer ?? null;
}
