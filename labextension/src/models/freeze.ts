/** Chooses the layers that a freeze of a block, of several rows, or up to a layer sets. */

import type { LayerSummary, ModelSummary } from "./protocol";
import type { TreeNode } from "./treeNode";

/** Return the paths of the layers of a row: of a group all of its layers. */
export function pathsOf(node: TreeNode): string[] {
  const { layer } = node;
  if (layer) return canFreeze(layer) ? [layer.path] : [];
  return node.children.flatMap(pathsOf);
}

/** Return the paths of a layer and of those before it, beside it and beside what contains it. */
export function pathsUpTo(summary: ModelSummary, path: string): string[] {
  const paths: string[] = [];
  let { children } = summary.root;
  const steps = path.split(".").map(Number);
  steps.forEach((step, depth) => {
    const isLast = depth === steps.length - 1;
    const before = children.slice(0, isLast ? step + 1 : step);
    paths.push(...before.filter(canFreeze).map((layer) => layer.path));
    children = children[step]?.children ?? [];
  });
  return paths;
}

export function canFreeze({ kind }: LayerSummary): boolean {
  return kind === "layer" || kind === "model";
}
