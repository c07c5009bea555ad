"""Set the weights of a rebuilt model from the arrays of a file, with all differences named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.rebuilt import Arrays, Rebuilt, Slot
from kwidgets.language import t

# A message with more differences would not be read.
_MOST_DIFFERENCES = 8


def set_weights(rebuilt: Rebuilt, arrays: Mapping[str, Sequence[np.ndarray]]) -> int:
    """Set the weights of a rebuilt model; return how many numbers were set.

    Layers find their arrays by name. Where no name fits, as in a net that was built anew, layers
    and arrays are taken in order.

    Args:
        rebuilt: the model, and where the arrays go.
        arrays: for each layer name of the file the arrays in the order of the old
            ``layer.trainable_weights + layer.non_trainable_weights``, in the file's layout.

    Raises:
        FormatError: arrays are missing, too many, or of other shapes; lists the differences.
    """
    given = {name: each for name, each in arrays.items() if len(each)}
    slots = {name: slot for name, slot in rebuilt.slots.items() if slot.variables}
    pairs, differences = _pairs(slots, given, rebuilt)
    chosen: list[tuple[Any, np.ndarray]] = []
    for name, slot, own in pairs:
        found = _values(name, slot, own, differences)
        chosen += found
    if differences:
        shown = differences[:_MOST_DIFFERENCES]
        more = len(differences) - len(shown)
        raise FormatError(
            t(
                "The weights do not fit the model: %1. Pass the weights that were saved with this "
                "model.",
                "; ".join(shown) + (t("; and %1 more differences", more) if more else ""),
            )
        )
    for variable, value in chosen:
        variable.assign(value)
    _finalize(rebuilt.model)
    return sum(value.size for _, value in chosen)


def _finalize(model: Any) -> None:
    """Let Normalization layers use the averages that were set."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
        elif isinstance(layer, keras.Model):
            _finalize(layer)


def _pairs(
    slots: Mapping[str, Slot], given: Mapping[str, Arrays], rebuilt: Rebuilt
) -> tuple[list[tuple[str, Slot, Arrays]], list[str]]:
    named = [name for name in slots if name in given]
    wanted = [name for name in slots if name not in given]
    left = [name for name in given if name not in slots and name not in rebuilt.cut]
    # What follows a layer that was cut may stand in the file.
    if rebuilt.cut and not wanted:
        left = []
    pairs = [(name, slots[name], given[name]) for name in named]
    if len(wanted) == len(left):
        order = [name for name in slots if name in wanted]
        pairs += [
            (name, slots[name], given[other]) for name, other in zip(order, left, strict=True)
        ]
        return pairs, []
    differences = [t("the model's layer “%1” has no weights in the file", name) for name in wanted]
    differences += [
        t("the file's weights “%1”%2 have no layer", name, f" {shapes(given[name])}")
        for name in left
    ]
    return pairs, differences


def _values(
    name: str, slot: Slot, own: Arrays, differences: list[str]
) -> list[tuple[Any, np.ndarray]]:
    try:
        values = list(slot.convert(own))
    except (FormatError, ValueError, IndexError, TypeError) as error:
        differences.append(
            t("“%1” has arrays %2, which cannot be read (%3)", name, shapes(own), str(error)[:80])
        )
        return []
    expected = [tuple(each.shape) for each in slot.variables]
    found = [tuple(np.shape(each)) for each in values]
    if expected != found:
        differences.append(
            t(
                "“%1” needs %2, the file has %3",
                name,
                ", ".join(map(str, expected)) or "0",
                ", ".join(map(str, found)) or "0",
            )
        )
        return []
    return list(zip(slot.variables, values, strict=True))


def shapes(arrays: Arrays) -> str:
    """Return the shapes of arrays as text."""
    return ", ".join(str(tuple(np.shape(each))) for each in arrays)
