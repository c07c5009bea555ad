"""Suggests input shapes for a model with unknown shapes, from the model and the user's data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kwidgets.builder.data import DataInfo, element_shape, scan
from kwidgets.language import t
from kwidgets.models.summary_data import InputGuess, Shape

MAX_GUESSES = 4
# Usual names of variables with inputs.
_INPUT_NAMES = re.compile(r"^(x|inputs?|images?|features?|data|ds|dataset|train)", re.IGNORECASE)
_TARGET_NAMES = re.compile(r"^(y|labels?|targets?)(_|\d|$)", re.IGNORECASE)


def guess_input_shapes(model: Any, namespace: Mapping[str, Any]) -> tuple[InputGuess, ...]:
    """Return input shapes without the batch, the likeliest first.

    No code of the user's objects is run (see ``kwidgets.builder.data.variables``).
    """
    guesses: dict[str, InputGuess] = {}
    for shape, source in [*_shapes_from_model(model), *_shapes_from_data(namespace)]:
        text = _shape_text(shape)
        guesses.setdefault(text, InputGuess(text, source))
    return tuple(guesses.values())[:MAX_GUESSES]


def _shape_text(shape: Shape) -> str:
    """Return a shape as the user would type it."""
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def _shapes_from_model(model: Any) -> list[tuple[Shape, str]]:
    known = getattr(model, "_build_shapes_dict", None)
    if not isinstance(known, dict) or len(known) != 1:
        return []
    (shape,) = known.values()
    if not isinstance(shape, (tuple, list)) or not all(
        size is None or isinstance(size, int) for size in shape
    ):
        return []
    return [(tuple(shape[1:]), t("the shape it was built with"))]


def _shapes_from_data(namespace: Mapping[str, Any]) -> list[tuple[Shape, str]]:
    found = [(entry, element_shape(entry)) for entry in scan(namespace)]
    found.sort(key=lambda pair: _name_order(pair[0].name))
    return [
        (shape, f"{entry.name}, {entry.dtype}" if entry.dtype else entry.name)
        for entry, shape in found
        if shape is not None and _could_be_input(entry, shape)
    ]


def _name_order(name: str) -> tuple[bool, bool, bool, int]:
    """Return a sort key: "x_train" before "x_test", "x" before "images", others last."""
    lower = name.lower()
    return (not lower.startswith("x"), not _INPUT_NAMES.search(name), "test" in lower, len(name))


def _could_be_input(entry: DataInfo, shape: Shape) -> bool:
    # One number per sample is more often a target.
    return bool(shape) and not _TARGET_NAMES.search(entry.name)
