/**
 * Applies an edit to the state before the kernel has answered, as far as the page can tell what it
 * does: it moves, adds, copies, deletes and switches layers. A busy kernel answers late, and what
 * the user does next acts on what the page shows.
 *
 * Applying an edit to a state that has it already changes nothing: the kernel sends the new state
 * before its answer.
 */

import { t } from "../shared/translation";
import { childrenOf, isWithin, placeOf } from "./layerTree";
import type { Edit, LayerState, Placement, State } from "./protocol";

export function applyEdit(state: State, edit: Edit): State {
  switch (edit.action) {
    case "add": {
      if (edit.uid in state.layers) return state;
      const added = newLayer(edit);
      return withUndo(insert(state, added, edit), t("Add %1", added.title));
    }
    case "duplicate": {
      const original = state.layers[edit.uid];
      const place = placeOf(state, edit.uid);
      if (!original || !place || edit.copy in state.layers) return state;
      const siblings = childrenOf(state, place.parent);
      const copy = unknownShapes({
        ...original,
        uid: edit.copy,
        name: null,
        children: original.children && [],
      });
      const before = siblings[place.index + 1] ?? null;
      const after = insert(state, copy, { ...place, index: place.index + 1, before });
      return withUndo(after, t("Duplicate %1", original.title));
    }
    case "move": {
      const moved = state.layers[edit.uid];
      if (!moved || (edit.parent !== null && isWithin(state, edit.parent, edit.uid))) return state;
      if (edit.parent !== null && !state.layers[edit.parent]?.children) return state;
      const after = insert(remove(state, edit.uid), moved, edit);
      return withUndo(after, t("Move %1", moved.title));
    }
    case "remove": {
      const removed = state.layers[edit.uid];
      if (!removed) return state;
      return withUndo(remove(state, edit.uid), t("Delete %1", removed.title));
    }
    case "enable": {
      const { uid, enabled } = edit;
      const layer = state.layers[uid];
      if (!layer || layer.enabled === enabled) return state;
      const changed: LayerState = enabled
        ? { ...unknownShapes(layer), enabled }
        : { ...layer, enabled, status: "off" };
      const label = enabled ? t("Enable %1", layer.title) : t("Disable %1", layer.title);
      return withUndo({ ...state, layers: { ...state.layers, [uid]: changed } }, label);
    }
    default:
      // What the others do, only the kernel can tell.
      return state;
  }
}

function insert(state: State, layer: LayerState, { parent, index, before }: Placement): State {
  const siblings = childrenOf(state, parent).filter((uid) => uid !== layer.uid);
  const at =
    before === null ? (index === null ? siblings.length : index) : siblings.indexOf(before);
  siblings.splice(at < 0 ? (index ?? siblings.length) : at, 0, layer.uid);
  return withChildren(
    { ...state, layers: { ...state.layers, [layer.uid]: layer } },
    parent,
    siblings,
  );
}

/** Take the layer out of its list; what is in it stays in `layers`. */
function remove(state: State, uid: string): State {
  const place = placeOf(state, uid);
  if (!place) return state;
  const siblings = childrenOf(state, place.parent).filter((other) => other !== uid);
  return withChildren(state, place.parent, siblings);
}

function withChildren(state: State, parent: string | null, children: string[]): State {
  if (parent === null) return { ...state, order: children };
  const block = state.layers[parent];
  if (!block) return state;
  return { ...state, layers: { ...state.layers, [parent]: { ...block, children } } };
}

function withUndo(state: State, undo: string): State {
  return { ...state, history: { undo, redo: null } };
}

function newLayer(edit: Edit & { action: "add" }): LayerState {
  const words = "text" in edit ? edit.text.trim().split(/\s+/) : [];
  const class_name = "text" in edit ? (words[0] ?? "") : edit.class_name;
  const title = class_name.split(".").at(-1) ?? class_name;
  return unknownShapes({
    uid: edit.uid,
    class_name,
    title: title.charAt(0).toUpperCase() + title.slice(1),
    summary: words.slice(1).join(", "),
    name: null,
    arguments: {},
    enabled: true,
    children: null,
    error: null,
    status: "unknown",
    output_shape: null,
    output_dtype: null,
    parameters: null,
    trainable: null,
    weight_bytes: null,
    output_bytes: null,
    trained: false,
  });
}

function unknownShapes(layer: LayerState): LayerState {
  return {
    ...layer,
    status: "unknown",
    error: null,
    output_shape: null,
    parameters: null,
    trainable: null,
    weight_bytes: null,
    output_bytes: null,
    trained: false,
  };
}
