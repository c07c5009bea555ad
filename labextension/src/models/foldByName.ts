/**
 * Folds a long flat model into blocks, by its layers' names: `conv4_block12_2_bn` stands in
 * `conv4_block12`, which stands in `conv4`.
 */

import { groupNodes, type TreeNode } from "./treeNode";

const MAX_DEPTH = 3;
/** A block of no more layers than this is read at a glance: no blocks within it. */
const FLAT = 24;
/** A heading over nearly everything tells nothing. */
const NEARLY_ALL = 0.8;

/** Return the nodes with those of common name parts grouped. */
export function foldByName(nodes: TreeNode[]): TreeNode[] {
  return fold(nodes, "", MAX_DEPTH);
}

/** Fold nodes whose names, as far as they are not named by Keras, begin with `prefix`. */
function fold(nodes: TreeNode[], prefix: string, depth: number): TreeNode[] {
  if (depth === 0) return nodes;
  const folded: TreeNode[] = [];
  let members: TreeNode[] = [];
  let part: string | null = null;
  // Layers without a name of their own stand in the block that goes on after them.
  let between: TreeNode[] = [];
  const close = () => {
    const isNearlyAll = members.length >= NEARLY_ALL * nodes.length;
    if (part !== null && members.length > 1) {
      const label = prefix + part;
      const inner = members.length > FLAT ? fold(members, `${label}_`, depth - 1) : members;
      const first = members[0] as TreeNode;
      if (isNearlyAll) folded.push(...inner);
      else folded.push(groupNodes(`${label}@${first.id}`, label, inner));
    } else {
      folded.push(...members);
    }
    folded.push(...between);
    members = between = [];
    part = null;
  };
  for (const node of nodes) {
    const next = isNamedByKeras(node) ? null : nextPart(node.label, prefix);
    if (next === null) {
      if (part === null) folded.push(node);
      else between.push(node);
    } else if (next === part) {
      members.push(...between, node);
      between = [];
    } else {
      close();
      part = next;
      members = [node];
    }
  }
  close();
  return folded;
}

function nextPart(name: string, prefix: string): string | null {
  if (!name.startsWith(prefix)) return null;
  const end = name.indexOf("_", prefix.length);
  return end < 0 ? null : name.slice(prefix.length, end);
}

/** Whether the name is the class's, numbered, such as "conv2d_12". */
function isNamedByKeras({ label, layer }: TreeNode): boolean {
  const stem = label.replace(/_\d+$/, "").replaceAll("_", "");
  return layer !== null && stem === layer.class_name.toLowerCase();
}
