"""Find the Scale layers that become part of the BatchNormalization before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwidgets.formats.caffe.net import Layer


def find_fused_scales(layers: Sequence[Layer]) -> Mapping[int, int]:
    """Return places of BatchNorm layers, and those of the Scale layers that follow them.

    Nothing else may use what BatchNorm gives.
    """
    found: dict[int, int] = {}
    for index, layer in enumerate(layers):
        if layer.type != "BatchNorm" or len(layer.tops) != 1:
            continue
        users = _users(layers, index)
        if len(users) == 1 and _is_plain_scale(layers[users[0]]):
            found[index] = users[0]
    return found


def _users(layers: Sequence[Layer], made_by: int) -> list[int]:
    """Return the layers that use the output of a layer, until its name stands for another."""
    (name,) = layers[made_by].tops
    users = []
    for index in range(made_by + 1, len(layers)):
        layer = layers[index]
        if name in layer.bottoms:
            users.append(index)
        if name in layer.tops or len(users) > 1:
            break
    return users


def _is_plain_scale(layer: Layer) -> bool:
    fields = layer.parameters("scale_param")
    return (
        layer.type == "Scale"
        and len(layer.bottoms) == 1
        and fields.integer("axis", 1) == 1
        and fields.integer("num_axes", 1) == 1
    )
