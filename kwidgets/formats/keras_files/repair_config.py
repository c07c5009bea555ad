"""Build a model of this Keras from the configuration that any older Keras has saved.

The door of what HDF5, JSON, ``.keras`` and SavedModel share: each reader finds the configuration,
calls :func:`rebuild`, then :func:`set_weights`, then :func:`compile_as`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kwidgets.dry_run import dry_scope
from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.graph import Builder
from kwidgets.formats.keras_files.layer_config import make_layer
from kwidgets.formats.keras_files.origin import Origin, settled
from kwidgets.formats.keras_files.parts import OldLayer
from kwidgets.formats.keras_files.rebuilt import Rebuilt
from kwidgets.formats.keras_files.set_weights import set_weights
from kwidgets.formats.keras_files.shared_layers import with_ids_on_all
from kwidgets.formats.keras_files.training import compile_as
from kwidgets.formats.memory import most_new_numbers
from kwidgets.language import Message, t

__all__ = ["compile_as", "layer_from_config", "rebuild", "set_weights"]

# How many numbers a model may have beside those of its file: layers that were made of others.
_SPARE_NUMBERS = 100_000


def rebuild(
    model_config: Mapping[str, Any],
    origin: Origin,
    *,
    shapes: Mapping[str, tuple[tuple[int, ...], ...]] | None = None,
    num_numbers: int | None = None,
) -> Rebuilt:
    """Return the model of a configuration, with fresh weights, and what became of each layer.

    Layers and functions that this Keras writes otherwise are repaired; where a layer cannot be
    converted (a Lambda, an unknown class that is not registered), the model ends before it and the
    report says so. Before any weight is allocated, the model is built without values and its size
    is compared with that of the file.

    Args:
        model_config: ``{"class_name": ..., "config": ...}`` of a Sequential or functional model,
            as in ``model.to_json()`` of any release. It is not changed.
        origin: which Keras wrote it: :func:`kwidgets.formats.keras_files.origin.origin_of`.
        shapes: of the arrays of each layer in the file, by the layer's name in it, in the order of
            :func:`set_weights`. They overrule what Keras 1 wrote wrongly or not at all.
        num_numbers: how many numbers the file's weights have; None if there is no such file.

    Raises:
        FormatError: this is no such configuration, not even one layer can be converted, or the
            model is much larger than the weights of the file.
    """
    origin = settled(origin, *_hints(model_config))
    model_config = with_ids_on_all(model_config)
    with dry_scope():
        trial = Builder(origin, shapes).build(model_config)
        size = sum(_size(each.shape) for each in trial.model.variables)
    most = most_new_numbers() if num_numbers is None else 2 * num_numbers + _SPARE_NUMBERS
    if size > most:
        raise FormatError(
            t(
                "The configuration describes a model of %1 numbers, which is more than %2 allow. "
                "The file is damaged, or the weights are those of another model.",
                f"{size:,}",
                t("the weights of the file") if num_numbers is not None else f"{most:,}",
            )
        )
    rebuilt = Builder(origin, shapes).build(model_config)
    return replace(rebuilt, notes=(*origin.notes, *rebuilt.notes))


def _hints(model_config: Any) -> tuple[frozenset[str], bool]:
    """Return the image orderings that layers name, and whether there are convolutions."""
    orderings, has_convolutions = set(), False
    waiting = [model_config]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            waiting.extend(each.values())
            if each.get("dim_ordering") in ("th", "tf"):
                orderings.add(str(each["dim_ordering"]))
            has_convolutions |= "conv" in str(each.get("class_name", "")).lower()
        elif isinstance(each, (list, tuple)):
            waiting.extend(each)
    return frozenset(orderings), has_convolutions


def _size(shape: Any) -> int:
    total = 1
    for each in shape:
        total *= int(each)
    return total


def layer_from_config(
    class_name: str, config: Mapping[str, Any], origin: Origin
) -> tuple[Any, list[Message]]:
    """Return one layer of this Keras, and notes of what was repaired.

    For a layer outside of a model's configuration; :func:`rebuild` does more, such as paddings that
    need a layer of their own.

    Raises:
        FormatError: there is no such layer, or its configuration is damaged.
    """
    notes: list[Message] = []
    name = str(config.get("name", class_name.lower()))
    old = OldLayer(name, name.replace("/", "_"), class_name, config, origin)
    return make_layer(old, notes), notes
