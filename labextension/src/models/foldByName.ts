/**
 * Folds a long flat model into blocks, by its layers' names: `conv4_block12_2_bn` stands in
 * `conv4_block12`, which stands in `conv4`.
 */

import type { Node } from "./summaryTree";

const MAX_DEPTH = 3;
/** A block of no more layers than this is read at a glance: no blocks within it. */
const FLAT = 24;
/** A heading over nearly everything tells nothing. */
const NEARLY_ALL = 0.8;

type MakeGroup = (id: string, label: string, children: Node[]) => Node;

export function foldByName(nodes: Node[], makeGroup: MakeGroup): Node[] {
  return fold(nodes, "", MAX_DEPTH, makeGroup);
}

/** Fold nodes whose names, as far as they are not named by Keras, begin with `prefix`. */
function fold(nodes: Node[], prefix: string, depth: number, makeGroup: MakeGroup): Node[] {
  if (depth === 0) return nodes;
  const folded: Node[] = [];
  let members: Node[] = [];
  let part: string | null = null;
  // Layers without a name of their own stand in the block that goes on after them.
  let between: Node[] = [];
  const close = () => {
    const isNearlyAll = members.length >= NEARLY_ALL * nodes.length;
    if (part !== null && members.length > 1) {
      const label = prefix + part;
      const inner =
        members.length > FLAT ? fold(members, `${label}_`, depth - 1, makeGroup) : members;
      const first = members[0] as Node;
      if (isNearlyAll) folded.push(...inner);
      else folded.push(makeGroup(`${label}@${first.id}`, label, inner));
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
function isNamedByKeras({ label, layer }: Node): boolean {
  const stem = label.replace(/_\d+$/, "").replaceAll("_", "");
  return layer !== null && stem === layer.class_name.toLowerCase();
}
