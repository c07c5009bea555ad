/** A summary as a tree to show: layers, and the groups into which they are put on demand. */

import { t } from "../shared/translation";
import { foldByName } from "./foldByName";
import type { LayerSummary, ModelSummary, Shape } from "./protocol";

/** blocks: as built, long flat models folded by their layers' names. */
export const ORDERS = ["blocks", "built", "size", "class", "magnitude"] as const;
export type Order = (typeof ORDERS)[number];

export interface Node {
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
  children: Node[];
}

/** From so many direct children on, a flat model is folded into blocks. */
export const FOLD_FROM = 40;

/** Return what stands below a model. */
export function nodesOf(summary: ModelSummary, order: Order): Node[] {
  if (order === "class") {
    return grouped(leaves(summary.root), ({ class_name }) => class_name);
  }
  if (order === "magnitude") return byMagnitude(leaves(summary.root));
  return childrenOf(summary.root, order);
}

function childrenOf(layer: LayerSummary, order: Order): Node[] {
  const nodes = layer.children.map((child) => nodeOf(child, order));
  if (order === "size") return nodes.sort(larger);
  if (order === "blocks" && nodes.length >= FOLD_FROM) return foldByName(nodes, group);
  return nodes;
}

export function nodeOf(layer: LayerSummary, order: Order): Node {
  return {
    id: layer.path,
    label: layer.name,
    layer,
    count: 1,
    // Weights of a layer that stands in several places count in the first.
    parameters: layer.shared_with === null ? layer.parameters : 0,
    trainable: layer.shared_with === null ? layer.trainable_parameters : 0,
    outputShapes: layer.output_shapes,
    children: childrenOf(layer, order),
  };
}

/** Put nodes under a common heading. */
export function group(id: string, label: string, children: Node[]): Node {
  const sum = (value: (node: Node) => number | null) =>
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

/** The layers in which no other layers are, and those with weights of their own beside others. */
function leaves(layer: LayerSummary): LayerSummary[] {
  return layer.children.flatMap((child) => {
    if (!child.children.length) return [child];
    const parameters = own(child, (part) => part.parameters);
    const trainable_parameters = own(child, (part) => part.trainable_parameters);
    const itself = { ...child, parameters, trainable_parameters, children: [] };
    return parameters > 0 ? [itself, ...leaves(child)] : leaves(child);
  });
}

/** What of a layer's number is not that of the layers in it. */
function own(layer: LayerSummary, number: (layer: LayerSummary) => number | null): number {
  const inner = layer.children
    .filter(({ shared_with }) => shared_with === null)
    .reduce((total, child) => total + (number(child) ?? 0), 0);
  return (number(layer) ?? 0) - inner;
}

function grouped(layers: LayerSummary[], key: (layer: LayerSummary) => string): Node[] {
  const members = new Map<string, Node[]>();
  for (const layer of layers) {
    const name = key(layer);
    const list = members.get(name) ?? [];
    if (!list.length) members.set(name, list);
    list.push(nodeOf(layer, "built"));
  }
  return [...members]
    .map(([name, nodes]) => ({ ...group(name, name, nodes), outputShapes: null }))
    .sort((a, b) => larger(a, b) || b.count - a.count);
}

function byMagnitude(layers: LayerSummary[]): Node[] {
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

function larger(a: Node, b: Node): number {
  return (b.parameters ?? -1) - (a.parameters ?? -1);
}
