/** One node of the tree of a model summary: a layer, or a group of layers. */

import type { LayerSummary, Shape } from "./protocol";

export interface TreeNode {
  /** Unique in its model. */
  id: string;
  label: string;
  /** Null: a group. */
  layer: LayerSummary | null;
  /** Of a group: how many layers; of a layer: 1. */
  count: number;
  parameters: number | null;
  trainable: number | null;
  outputShapes: Shape[] | null;
  children: TreeNode[];
}

/** Return a node with these nodes as its children; its numbers are their sums. */
export function groupNodes(id: string, label: string, children: TreeNode[]): TreeNode {
  const sum = (value: (node: TreeNode) => number | null) =>
    children.every((node) => value(node) !== null)
      ? children.reduce((total, node) => total + (value(node) ?? 0), 0)
      : null;
  return {
    id: `group:${id}`,
    label,
    layer: null,
    count: children.reduce((total, node) => total + node.count, 0),
    parameters: sum((node) => node.parameters),
    trainable: sum((node) => node.trainable),
    outputShapes: children.at(-1)?.outputShapes ?? null,
    children,
  };
}
