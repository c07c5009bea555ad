/** Finds rows, places and neighbours in the tree of layers and blocks. */

import type { Placement, State } from "./protocol";

/** A place in the outermost list (`parent` null) or in a block. */
export interface Place {
  parent: string | null;
  index: number;
}

type Tree = Pick<State, "order" | "layers">;

export function childrenOf(tree: Tree, parent: string | null): readonly string[] {
  return parent === null ? tree.order : (tree.layers[parent]?.children ?? []);
}

/** Return the uids from top to bottom, without those in folded blocks. */
export function visibleRows(tree: Tree, folded: ReadonlySet<string>): string[] {
  const rows: string[] = [];
  const visit = (uids: readonly string[]) => {
    for (const uid of uids) {
      const layer = tree.layers[uid];
      if (!layer) continue;
      rows.push(uid);
      if (layer.children && !folded.has(uid)) visit(layer.children);
    }
  };
  visit(tree.order);
  return rows;
}

export function placeOf(tree: Tree, uid: string): Place | null {
  const parents = Object.values(tree.layers).filter((layer) => layer.children);
  for (const parent of [null, ...parents.map((layer) => layer.uid)]) {
    const index = childrenOf(tree, parent).indexOf(uid);
    if (index >= 0) return { parent, index };
  }
  return null;
}

/** Return whether `uid` is `ancestor` or somewhere inside it. */
export function isWithin(tree: Tree, uid: string | null, ancestor: string): boolean {
  for (let at = uid; at !== null; at = placeOf(tree, at)?.parent ?? null) {
    if (at === ancestor) return true;
  }
  return false;
}

/** Return the place as the kernel takes it, for a layer that moves or, without one, a new layer. */
export function placement(
  tree: Tree,
  { parent, index }: { parent: string | null; index: number | null },
  moving?: string,
): Placement {
  const siblings = childrenOf(tree, parent).filter((uid) => uid !== moving);
  return { parent, index, before: index === null ? null : (siblings[index] ?? null) };
}

/** Return the place of a new layer: after the selected one, or at the end of a block or of all. */
export function placeToAdd(tree: Tree, selected: string | null): Placement {
  if (selected === "input") return placement(tree, { parent: null, index: 0 });
  const layer = selected === null ? undefined : tree.layers[selected];
  if (!layer) return placement(tree, { parent: null, index: null });
  if (layer.children) return placement(tree, { parent: layer.uid, index: null });
  const place = placeOf(tree, layer.uid);
  return placement(
    tree,
    place ? { ...place, index: place.index + 1 } : { parent: null, index: null },
  );
}

/**
 * Return the place one step up or down, or null at the end of the list. A step past the edge of a
 * block moves out of it; a step onto an unfolded block moves into it.
 */
export function placeOneStep(
  tree: Tree,
  uid: string,
  direction: -1 | 1,
  folded: ReadonlySet<string>,
): Place | null {
  const place = placeOf(tree, uid);
  if (!place) return null;
  const siblings = childrenOf(tree, place.parent);
  const neighbour = siblings[place.index + direction];
  if (neighbour !== undefined) {
    const inner = tree.layers[neighbour]?.children;
    if (inner && !folded.has(neighbour)) {
      return { parent: neighbour, index: direction < 0 ? inner.length : 0 };
    }
    return { parent: place.parent, index: place.index + direction };
  }
  if (place.parent === null) return null;
  const outer = placeOf(tree, place.parent);
  return outer && { parent: outer.parent, index: direction < 0 ? outer.index : outer.index + 1 };
}

/** Return the layer to select after `uid` is deleted: the next, the previous, or its block. */
export function neighbourOf(tree: Tree, uid: string): string | null {
  const place = placeOf(tree, uid);
  if (!place) return null;
  const siblings = childrenOf(tree, place.parent);
  return siblings[place.index + 1] ?? siblings[place.index - 1] ?? place.parent;
}
