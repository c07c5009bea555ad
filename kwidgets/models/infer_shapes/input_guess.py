"""Input shapes to offer for a model whose shapes are unknown: what it knows itself, and what data
there are in the namespace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kwidgets.builder.data import DataInfo, element_shape, scan
from kwidgets.language import t
from kwidgets.models.summary_data import InputGuess, Shape

MAX_GUESSES = 4
# Names under which people keep what goes into a model, the likeliest first.
_INPUTS = re.compile(r"^(x|inputs?|images?|features?|data|ds|dataset|train)", re.IGNORECASE)
_TARGETS = re.compile(r"^(y|labels?|targets?)(_|\d|$)", re.IGNORECASE)


def guess_inputs(model: Any, namespace: Mapping[str, Any]) -> tuple[InputGuess, ...]:
    """Return input shapes to offer, the likeliest first, without the batch.

    Looking runs no code of the user's objects (see ``kwidgets.builder.data.variables``).
    """
    guesses: dict[str, InputGuess] = {}
    for shape, source in [*_of_the_model(model), *_of_the_data(namespace)]:
        text = show_shape(shape)
        guesses.setdefault(text, InputGuess(text, source))
    return tuple(guesses.values())[:MAX_GUESSES]


def show_shape(shape: Shape) -> str:
    """Return a shape as the user would type it."""
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def _of_the_model(model: Any) -> list[tuple[Shape, str]]:
    known = getattr(model, "_build_shapes_dict", None)
    if not isinstance(known, dict) or len(known) != 1:
        return []
    (shape,) = known.values()
    if not isinstance(shape, (tuple, list)) or not all(
        size is None or isinstance(size, int) for size in shape
    ):
        return []
    return [(tuple(shape[1:]), t("what it was built with"))]


def _of_the_data(namespace: Mapping[str, Any]) -> list[tuple[Shape, str]]:
    found = [(entry, element_shape(entry)) for entry in scan(namespace)]
    found.sort(key=lambda pair: _likelihood(pair[0].name))
    return [
        (shape, f"{entry.name}, {entry.dtype}" if entry.dtype else entry.name)
        for entry, shape in found
        if shape is not None and _could_be_input(entry, shape)
    ]


def _likelihood(name: str) -> tuple[bool, bool, bool, int]:
    """Sorts "x_train" before "x_test", "x" before "images", and those before other names."""
    lower = name.lower()
    return (not lower.startswith("x"), not _INPUTS.search(name), "test" in lower, len(name))


def _could_be_input(entry: DataInfo, shape: Shape) -> bool:
    # A list of single numbers is more often what is to be predicted.
    return bool(shape) and not _TARGETS.search(entry.name)
