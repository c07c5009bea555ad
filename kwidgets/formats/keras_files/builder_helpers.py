"""Small helpers of building a model from an old configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kwidgets.formats.keras_files.parts import OldLayer
from kwidgets.formats.keras_files.rebuilt import Arrays, Slot
from kwidgets.language import Message, message


def failure(old: OldLayer, error: Exception) -> Message:
    """Return that a layer cannot be built, and why."""
    return message("“%1” cannot be built: %2", old.name, str(error).strip()[:300])


def different(notes: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return notes, each once."""
    found: list[Message] = []
    for each in notes:
        if each not in found:
            found.append(each)
    return tuple(found)


def call_arguments(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call without those that only say what is so by itself."""
    return {
        key: value
        for key, value in kwargs.items()
        if not (value is None or (key in ("training", "mask") and value is False))
    }


def joined_slot(slots: list[Slot]) -> Slot:
    """Return the slot of a model: the trainable arrays of all layers, then all others."""
    trainable = sum(each.num_trainable for each in slots)

    def convert(arrays: Arrays) -> Arrays:
        first, second = list(arrays[:trainable]), list(arrays[trainable:])
        found: list[Any] = []
        for each in slots:
            others = each.num_arrays - each.num_trainable
            own = first[: each.num_trainable] + second[:others]
            first, second = first[each.num_trainable :], second[others:]
            found += each.convert(own) if own else []
        return found

    return Slot(
        tuple(variable for each in slots for variable in each.variables),
        convert,
        trainable,
        sum(each.num_arrays for each in slots),
    )
