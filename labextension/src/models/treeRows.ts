/** Builds the list of rows of the tree from models and their layers, with search and filter. */

import { formatShapes } from "./labels";
import type { ModelEntry, ModelSummary } from "./protocol";
import { type Order, treeOf } from "./summaryTree";
import type { TreeNode } from "./treeNode";

export const FILTERS = ["all", "weights", "trainable", "frozen"] as const;
export type Filter = (typeof FILTERS)[number];

/** How the user chose to see the tree. */
export interface TreeOptions {
  search: string;
  filter: Filter;
  order: Order;
}

export interface Row {
  /** Unique in the tree: the model's key, and the node's id after it. */
  id: string;
  model: ModelEntry;
  /** Null: the model itself. */
  node: TreeNode | null;
  /** From 1. */
  level: number;
  /** Null: it has no children. */
  expanded: boolean | null;
  position: number;
  siblings: number;
  /** Of the whole model, for the share. */
  total: number;
  /** The label of the sibling before, which is the input in a plain chain of layers. */
  previousLabel: string | null;
}

export interface Rows {
  rows: Row[];
  /** How many layers match a search or filter, and of how many; null when none is on. */
  matches: { found: number; of: number } | null;
}

/** Builds rows, and keeps the trees of nodes from one drawing to the next. */
export class RowBuilder {
  private readonly nodes = new WeakMap<ModelSummary, Map<Order, TreeNode[]>>();

  /**
   * @param summaryOf returns the summary of a model, or null while it is not loaded
   * @param expanded ids of rows that are unfolded
   * @param single show this model's layers alone, without a row for it
   */
  build(
    entries: readonly ModelEntry[],
    summaryOf: (key: string) => ModelSummary | null,
    expanded: ReadonlySet<string>,
    options: TreeOptions,
    single = false,
  ): Rows {
    const rows: Row[] = [];
    const matcher = makeMatcher(options);
    const counts = { found: 0, of: 0 };
    const listed = entries.flatMap((model) => {
      const summary = summaryOf(model.key);
      const nodes = summary ? this.nodesOf(summary, options.order) : [];
      const shown = matcher ? keepMatching(nodes, matcher, counts) : null;
      // Until its layers are here, a model may have a match.
      const pending = !summary && model.error === null;
      const hidden = shown?.size === 0 && !pending && !single && !isNamed(model, options);
      return hidden ? [] : [{ model, summary, nodes, shown }];
    });
    listed.forEach(({ model, summary, nodes, shown }, i) => {
      const isMatch = shown !== null && shown.size > 0;
      const open = single || isMatch || (matcher === null && expanded.has(model.key));
      if (!single) {
        rows.push({
          id: model.key,
          model,
          node: null,
          level: 1,
          expanded: model.error === null && model.num_layers > 0 ? open : null,
          position: i + 1,
          siblings: listed.length,
          total: model.parameters ?? 0,
          previousLabel: null,
        });
      }
      if (!summary || !open) return;
      this.add(rows, model, summary, nodes, shown, expanded, single ? 1 : 2);
    });
    return { rows, matches: matcher ? counts : null };
  }

  private nodesOf(summary: ModelSummary, order: Order): TreeNode[] {
    let known = this.nodes.get(summary);
    if (!known) {
      known = new Map();
      this.nodes.set(summary, known);
    }
    let nodes = known.get(order);
    if (!nodes) {
      nodes = treeOf(summary, order);
      known.set(order, nodes);
    }
    return nodes;
  }

  private add(
    rows: Row[],
    model: ModelEntry,
    summary: ModelSummary,
    nodes: TreeNode[],
    shown: ReadonlySet<TreeNode> | null,
    expanded: ReadonlySet<string>,
    level: number,
  ): void {
    const visible = shown ? nodes.filter((node) => shown.has(node)) : nodes;
    visible.forEach((node, i) => {
      const id = rowId(model.key, node.id);
      const inner = shown
        ? node.children.some((child) => shown.has(child))
        : node.children.length > 0;
      const open = expanded.has(id) || (shown !== null && inner);
      rows.push({
        id,
        model,
        node,
        level,
        expanded: node.children.length ? open : null,
        position: i + 1,
        siblings: visible.length,
        total: summary.parameters ?? 0,
        previousLabel: visible[i - 1]?.label ?? null,
      });
      if (open)
        this.add(rows, model, summary, node.children, inner ? shown : null, expanded, level + 1);
    });
  }
}

export function rowId(key: string, node: string): string {
  return `${key}/${node}`;
}

/** Return whether the search, without a filter, finds the model itself. */
function isNamed(
  { names, name, class_name }: ModelEntry,
  { search, filter }: TreeOptions,
): boolean {
  if (filter !== "all") return false;
  const text = [...names, name, class_name].join(" ").toLowerCase();
  return wordsOf(search).every((word) => text.includes(word));
}

function wordsOf(search: string): string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

type Matcher = (node: TreeNode) => boolean;

function makeMatcher({ search, filter }: TreeOptions): Matcher | null {
  const words = wordsOf(search);
  if (!words.length && filter === "all") return null;
  return (node) => {
    const { layer } = node;
    if (!layer) return false;
    const parameters = layer.parameters ?? 0;
    const trainable = layer.trainable_parameters ?? 0;
    if (filter === "weights" && !parameters) return false;
    if (filter === "trainable" && !trainable) return false;
    if (filter === "frozen" && (layer.trainable || !parameters)) return false;
    if (!words.length) return true;
    const text = [
      layer.name,
      layer.class_name,
      layer.activation ?? "",
      layer.dtype,
      formatShapes(layer.output_shapes) ?? "",
    ]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** Return the matching nodes and their ancestors. */
function keepMatching(
  nodes: TreeNode[],
  matches: Matcher,
  counts: { found: number; of: number },
): Set<TreeNode> {
  const kept = new Set<TreeNode>();
  const visit = (node: TreeNode): boolean => {
    let keep = matches(node);
    if (node.layer) {
      counts.of++;
      if (keep) counts.found++;
    }
    for (const child of node.children) if (visit(child)) keep = true;
    if (keep) kept.add(node);
    return keep;
  };
  nodes.forEach(visit);
  return kept;
}
