"""Masks behind merges as Keras 1 and 2 joined them, and names of the operations that this needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from kwidgets.formats.keras_files.mask_arguments import mask_of
from kwidgets.formats.keras_files.parts import MODELS, OldLayer, shape_of
from kwidgets.language import Message, message

_ELEMENTWISE = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"})
_MODES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum"}
_MASK = "_keras_mask"
# They support masks in Keras 3 only.
_DROP_MASKS = frozenset({"Rescaling", "Normalization", "Identity"})


def join_as_before(old: OldLayer, inputs: Any, output: Any) -> None:
    """Give the output of a merge the mask that Keras 1 and 2 gave it.

    They take the steps that are valid in all inputs, and inputs without a mask as valid. Keras 3
    takes those that are valid in any input, and drops the mask if one input has none. Layers that
    are called on the output take its mask as an argument, which the model keeps.
    """
    masks = _masks(inputs)
    kind = _kind(old)
    if kind is None or not isinstance(inputs, (list, tuple)) or not any_mask(inputs):
        return
    if kind == "Concatenate":
        joined = _concatenated(list(inputs), masks, _axis(old))
    else:
        joined = _all(masks)
    setattr(output, _MASK, joined)


def give_steps_masks(layer: Any, inputs: Any, output: Any) -> None:
    """Give the output of a TimeDistributed the mask that Keras 2 gave it.

    Keras 3 passes on the mask of the input as it is, and none that the layer inside makes.

    Args:
        layer: the TimeDistributed.
        inputs: the tensor that it was called on.
        output: its output.
    """
    inner, mask = layer.layer, mask_of(inputs)
    made = None
    if isinstance(inner, keras.layers.Embedding) and inner.mask_zero:
        made = keras.ops.not_equal(inputs, 0)
    elif isinstance(inner, keras.layers.Masking):
        made = keras.ops.any(keras.ops.not_equal(inputs, inner.mask_value), axis=-1)
    elif mask is not None and len(shape_of(mask)) > 2 and not _passes_mask(inner):
        made = keras.ops.any(mask, axis=tuple(range(2, len(shape_of(mask)))))
    if made is not None:
        setattr(output, _MASK, made)


def _passes_mask(layer: Any) -> bool:
    if isinstance(layer, keras.layers.Bidirectional):
        layer = layer.forward_layer
    if isinstance(layer, keras.layers.RNN):
        return bool(layer.return_sequences)
    return bool(layer.supports_masking)


def any_mask(inputs: Any) -> bool:
    """Return whether one of the tensors of a call has a mask."""
    return any(each is not None for each in _masks(inputs))


def joins(old: OldLayer) -> bool:
    """Return whether a layer joins the masks of its inputs."""
    return _kind(old) is not None


def masks_differ(inputs: Any) -> bool:
    """Return whether Keras 3 would join the masks of a merge's inputs otherwise than Keras 2."""
    masks = _masks(inputs)
    return any_mask(inputs) and len(set(map(id, masks))) > 1


def difference(old: OldLayer, inputs: Any) -> Message | None:
    """Return what masks do otherwise in Keras 3 than in the Keras that wrote the file, or None.

    Args:
        old: a layer that is called.
        inputs: its tensor or tensors.
    """
    if old.origin.major >= 3 or not any_mask(inputs):
        return None
    if old.class_name.rpartition(">")[2] in _DROP_MASKS:
        return message(
            "Keras 2 dropped the mask here, so that later layers counted padded steps; Keras 3 "
            "passes it on. Compare the outputs with those of the old program."
        )
    if old.class_name in MODELS and _merges(old.config):
        return message(
            "A mask enters this model from outside, and a merge inside joins masks: Keras 3 takes "
            "the steps that are valid in any input, or drops the mask, where Keras 2 took those "
            "valid in all. Compare the outputs with those of the old program."
        )
    return None


def lost_behind(name: str) -> Message:
    """Return that the mask of a model inside, which a merge joined, is another one now."""
    return message(
        "The mask of the outputs of “%1” comes from a merge, which Keras 3 computes otherwise: "
        "layers behind this model may count other steps. Compare the outputs with those of the "
        "old program.",
        name,
    )


def _merges(config: Any) -> bool:
    """Return whether a model has a merge, or a model inside it has one."""
    waiting = [config]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            name = str(each.get("class_name", "")).rpartition(">")[2]
            if name in _ELEMENTWISE or name in ("Concatenate", "Merge"):
                return True
            waiting += [each.get("config"), each.get("layers")]
        elif isinstance(each, (list, tuple)):
            waiting += each
    return False


def _masks(inputs: Any) -> list[Any]:
    return [mask_of(each) for each in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]


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
