/**
 * Groups the layers of a long flat model into blocks by their names: `conv4_block12_2_bn` goes into
 * `conv4_block12`, which goes into `conv4`.
 */

import { groupNodes, type TreeNode } from "./treeNode";

const MAX_DEPTH = 3;
/** A block of at most so many layers is short enough to need no blocks inside it. */
const MAX_FLAT_LAYERS = 24;
/** A block with so large a share of the layers is no help, and left out. */
const NEARLY_ALL = 0.8;

/** Return the nodes, grouped by the parts of their names. */
export function foldByName(nodes: TreeNode[]): TreeNode[] {
  return fold(nodes, "", MAX_DEPTH);
}

/** Fold nodes whose names begin with `prefix`, except those with names given by Keras. */
function fold(nodes: TreeNode[], prefix: string, depth: number): TreeNode[] {
  if (depth === 0) return nodes;
  const folded: TreeNode[] = [];
  let members: TreeNode[] = [];
  let part: string | null = null;
  // Layers with names given by Keras go into the block that continues after them.
  let between: TreeNode[] = [];
  const close = () => {
    const isNearlyAll = members.length >= NEARLY_ALL * nodes.length;
    if (part !== null && members.length > 1) {
      const label = prefix + part;
      const inner =
        members.length > MAX_FLAT_LAYERS ? fold(members, `${label}_`, depth - 1) : members;
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

/** Return whether the name is that of the class with a number, such as "conv2d_12". */
function isNamedByKeras({ label, layer }: TreeNode): boolean {
  const stem = label.replace(/_\d+$/, "").replaceAll("_", "");
  return layer !== null && stem === layer.class_name.toLowerCase();
}
