"""Find the tensors that calls of layers refer to, in the nodes of an old configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kwidgets.formats.keras_files import nodes
from kwidgets.formats.keras_files.parts import MODELS, OldLayer


def find_tensor(
    reference: nodes.Reference,
    tensors: Mapping[tuple[str, int], Any],
    offsets: Mapping[str, int],
) -> Any:
    """Return the tensor of a reference, or None if its layer has not been called yet."""
    call = reference.call - offsets.get(reference.layer, 0)
    outputs = tensors.get((reference.layer, call))
    if outputs is None:
        return None
    if isinstance(outputs, Mapping):
        outputs = list(outputs.values())
    if isinstance(outputs, (list, tuple)):
        return outputs[reference.output] if 0 <= reference.output < len(outputs) else None
    return outputs


def known_tensors(
    needed: list[nodes.Reference],
    tensors: Mapping[tuple[str, int], Any],
    offsets: Mapping[str, int],
) -> list[Any]:
    found: list[Any] = []
    for each in needed:
        tensor = find_tensor(each, tensors, offsets)
        if tensor is not None and not any(tensor is one for one in found):
            found.append(tensor)
    return found


def filled(value: Any, tensors: Mapping[tuple[str, int], Any], offsets: Mapping[str, int]) -> Any:
    """Return the inputs or arguments of a call with tensors for References."""
    if isinstance(value, nodes.Reference):
        return find_tensor(value, tensors, offsets)
    if isinstance(value, nodes.Constant):
        return value.value
    if isinstance(value, Mapping):
        return {key: filled(each, tensors, offsets) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(each, tensors, offsets) for each in value]
    return value


def call_offsets(
    waiting: list[nodes.Call], config: Mapping[str, Any], olds: Mapping[str, OldLayer]
) -> dict[str, int]:
    """Return by how much References count calls of a model inside too high.

    Keras 1 and 2 count the call that made the model as its first; newer ones not always.
    """
    used: dict[str, set[int]] = {}
    for call in waiting:
        for each in [*nodes.references(call.inputs), *nodes.references(call.kwargs)]:
            used.setdefault(each.layer, set()).add(each.call)
    for each in nodes.outputs_of(config.get("output_layers")):
        used.setdefault(each.layer, set()).add(each.call)
    return {
        name: 1
        for name, indices in used.items()
        if name in olds and olds[name].class_name in MODELS and 0 not in indices
    }
