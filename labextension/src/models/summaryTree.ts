/** Builds the tree of a model summary: its layers in the chosen order or groups. */

import { t } from "../shared/translation";
import { foldByName } from "./foldByName";
import type { LayerSummary, ModelSummary } from "./protocol";
import { groupNodes, type TreeNode } from "./treeNode";

/** "blocks" is the order as built, with long flat models folded by their layers' names. */
export const ORDERS = ["blocks", "built", "size", "class", "magnitude"] as const;
export type Order = (typeof ORDERS)[number];

/** A layer with at least so many direct children has them folded into blocks. */
const MIN_FOLDED_CHILDREN = 40;

/** Return the nodes below a model. */
export function treeOf(summary: ModelSummary, order: Order): TreeNode[] {
  if (order === "class") {
    return grouped(leaves(summary.root), ({ class_name }) => class_name);
  }
  if (order === "magnitude") return byMagnitude(leaves(summary.root));
  return childrenOf(summary.root, order);
}

function childrenOf(layer: LayerSummary, order: Order): TreeNode[] {
  const nodes = layer.children.map((child) => nodeOf(child, order));
  if (order === "size") return nodes.sort(larger);
  if (order === "blocks" && nodes.length >= MIN_FOLDED_CHILDREN) return foldByName(nodes);
  return nodes;
}

function nodeOf(layer: LayerSummary, order: Order): TreeNode {
  return {
    id: layer.path,
    label: layer.name,
    layer,
    count: 1,
    // Weights of a layer that is used in several places count in the first.
    parameters: layer.shared_with === null ? layer.parameters : 0,
    trainable: layer.shared_with === null ? layer.trainable_parameters : 0,
    outputShapes: layer.output_shapes,
    children: childrenOf(layer, order),
  };
}

/** Return the layers without children, and those with weights besides their children's. */
function leaves(layer: LayerSummary): LayerSummary[] {
  return layer.children.flatMap((child) => {
    if (!child.children.length) return [child];
    const parameters = own(child, (part) => part.parameters);
    const trainable_parameters = own(child, (part) => part.trainable_parameters);
    const itself = { ...child, parameters, trainable_parameters, children: [] };
    return parameters > 0 ? [itself, ...leaves(child)] : leaves(child);
  });
}

/** Return a layer's number without those of its children. */
function own(layer: LayerSummary, number: (layer: LayerSummary) => number | null): number {
  const inner = layer.children
    .filter(({ shared_with }) => shared_with === null)
    .reduce((total, child) => total + (number(child) ?? 0), 0);
  return (number(layer) ?? 0) - inner;
}

function grouped(layers: LayerSummary[], key: (layer: LayerSummary) => string): TreeNode[] {
  const members = new Map<string, TreeNode[]>();
  for (const layer of layers) {
    const name = key(layer);
    const list = members.get(name) ?? [];
    if (!list.length) members.set(name, list);
    list.push(nodeOf(layer, "built"));
  }
  return [...members]
    .map(([name, nodes]) => ({ ...groupNodes(name, name, nodes), outputShapes: null }))
    .sort((a, b) => larger(a, b) || b.count - a.count);
}

function byMagnitude(layers: LayerSummary[]): TreeNode[] {
  const limits: [number, string][] = [
    [10_000_000, t("10 million parameters and more")],
    [1_000_000, t("1 to 10 million")],
    [100_000, t("100,000 to 1 million")],
    [10_000, t("10,000 to 100,000")],
    [1, t("under 10,000")],
    [0, t("no parameters")],
  ];
  const unknown = t("not built");
  const label = ({ parameters }: LayerSummary) =>
    parameters === null ? unknown : (limits.find(([least]) => parameters >= least)?.[1] ?? unknown);
  const groups = new Map(grouped(layers, label).map((node) => [node.label, node]));
  return [...limits.map(([, name]) => name), unknown].flatMap((name) => groups.get(name) ?? []);
}

function larger(a: TreeNode, b: TreeNode): number {
  return (b.parameters ?? -1) - (a.parameters ?? -1);
}
