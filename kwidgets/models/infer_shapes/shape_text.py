"""Parses input shapes that a user typed: "(28, 28)", "[(28, 28), (10,)]", "{'image': (32, 3)}"."""

from __future__ import annotations

import ast
import re
from typing import Any

import keras

from kwidgets.language import t

_DTYPE = re.compile(r"^(?P<shape>.*[\])}0-9,])\s+(?P<dtype>[a-z]+\d*)\s*$", re.DOTALL)


class ShapeProblemError(ValueError):
    """Input shapes are invalid, or incompatible with the model. The message says what to do."""


def parse_shapes(text: str) -> Any:
    """Return the KerasTensors for inputs of these shapes: one, or a list or dict of them.

    Args:
        text: shapes without the batch, or with it as a leading ``None``; a dtype may follow:
            "(100,) int32".

    Raises:
        ShapeProblemError: the text is not a shape.
    """
    text = text.strip()
    if not text:
        raise ShapeProblemError(t("Enter an input shape without the batch: %1.", _examples()))
    match = _DTYPE.match(text)
    shape_text, dtype = (match["shape"], match["dtype"]) if match else (text, None)
    try:
        value = ast.literal_eval(shape_text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ShapeProblemError(
            t("%1 is not a shape. Enter numbers without the batch: %2.", repr(text), _examples())
        ) from None
    return _tensors(value, dtype or keras.config.floatx(), text)


def _tensors(value: Any, dtype: str, text: str) -> Any:
    if _is_size(value) and value is not None:
        value = (value,)
    if isinstance(value, (tuple, list)) and all(_is_size(size) for size in value):
        return _tensor(tuple(value), dtype, text)
    if isinstance(value, (tuple, list)) and value:
        return [_tensors(part, dtype, text) for part in value]
    if isinstance(value, dict) and value and all(isinstance(key, str) for key in value):
        return {key: _tensors(part, dtype, text) for key, part in value.items()}
    raise ShapeProblemError(
        t(
            "%1 is not a shape. Enter integers above 0, or None for any size: %2.",
            repr(text),
            _examples(),
        )
    )


def _tensor(shape: tuple[int | None, ...], dtype: str, text: str) -> Any:
    batched = shape if shape and shape[0] is None else (None, *shape)
    try:
        return keras.KerasTensor(batched, dtype)
    except (ValueError, TypeError):
        raise ShapeProblemError(
            t("%1 in %2 is not a dtype. Try float32, int32 or string.", repr(dtype), repr(text))
        ) from None


def _examples() -> str:
    return t("(28, 28), [(28, 28), (10,)] for two inputs, or {'image': (32, 32, 3), 'age': (1,)}")


def _is_size(size: object) -> bool:
    return size is None or (isinstance(size, int) and not isinstance(size, bool) and size > 0)
