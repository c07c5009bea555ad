"""Masks behind merges as Keras 1 and 2 joined them, and names of the operations that this needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from kwidgets.formats.keras_files.parts import OldLayer, shape_of

_ELEMENTWISE = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"})
_MODES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum"}
_MASK = "_keras_mask"


def merges_masks(old: OldLayer) -> bool:
    """Return whether the layer joins the masks of its inputs."""
    return _kind(old) is not None


def mask_of(tensor: Any) -> Any:
    """Return the mask that goes along with a KerasTensor, or None."""
    return getattr(tensor, _MASK, None)


def join_as_before(old: OldLayer, inputs: Any, output: Any) -> None:
    """Give the output of a merge the mask that Keras 1 and 2 gave it.

    They take the steps that are valid in all inputs, and inputs without a mask as valid. Keras 3
    takes those that are valid in any input, and drops the mask if one input has none. Layers that
    are called on the output take its mask as an argument, which the model keeps.
    """
    kind = _kind(old)
    if kind is None or not isinstance(inputs, (list, tuple)):
        return
    masks = [mask_of(each) for each in inputs]
    if all(each is None for each in masks):
        return
    if kind == "Concatenate":
        joined = _concatenated(list(inputs), masks, _axis(old))
    else:
        joined = _all(masks)
    setattr(output, _MASK, joined)


def _kind(old: OldLayer) -> str | None:
    if old.class_name == "Merge":
        mode = old.config.get("mode", "sum")
        return "Concatenate" if mode == "concat" else _MODES.get(str(mode))
    name = old.class_name.rpartition(">")[2]
    return name if name in _ELEMENTWISE or name == "Concatenate" else None


def _axis(old: OldLayer) -> int:
    axis = old.config.get("concat_axis" if old.class_name == "Merge" else "axis", -1)
    return axis if isinstance(axis, int) else -1


def _all(masks: list[Any]) -> Any:
    joined = None
    for mask in masks:
        if mask is None or mask is joined:
            continue
        joined = mask if joined is None else keras.ops.logical_and(joined, mask)
    return joined


def _concatenated(tensors: list[Any], masks: list[Any], axis: int) -> Any:
    ops = keras.ops
    rank = len(shape_of(tensors[0]))
    known = [each for each in masks if each is not None]
    if axis % rank == rank - 1 and all(len(shape_of(each)) < rank for each in known):
        return _all(masks)
    full = []
    for tensor, mask in zip(tensors, masks, strict=True):
        if mask is None:
            full.append(ops.ones_like(tensor, dtype="bool"))
        elif len(shape_of(mask)) < rank:
            wide = ops.expand_dims(mask, -1)
            full.append(ops.logical_and(wide, ops.ones_like(tensor, dtype="bool")))
        else:
            full.append(mask)
    return ops.all(ops.concatenate(full, axis=axis), axis=-1)


def make_names_unique(outputs: list[Any]) -> None:
    """Rename operations that happen to be called like a layer of the file, or like each other."""
    operations = list(_operations(outputs))
    taken = {each.name for each in operations if isinstance(each, keras.layers.Layer)}
    for each in operations:
        if isinstance(each, keras.layers.Layer):
            continue
        stem, count = each.name, 1
        while each.name in taken:
            each.name = f"{stem}_op{count}"
            count += 1
        taken.add(each.name)


def _operations(outputs: list[Any]) -> Iterator[Any]:
    """Return what computes the outputs, each once."""
    waiting, seen_tensors, seen = list(outputs), set(), set()
    while waiting:
        tensor = waiting.pop()
        history = getattr(tensor, "_keras_history", None)
        if history is None or id(tensor) in seen_tensors:
            continue
        seen_tensors.add(id(tensor))
        if id(history.operation) not in seen:
            seen.add(id(history.operation))
            yield history.operation
        waiting += history.operation._inbound_nodes[history.node_index].input_tensors
