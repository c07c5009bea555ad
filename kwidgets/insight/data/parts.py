"""The inputs and targets of training and validation, each as one part with a name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from kwidgets.insight.data.array_view import ArrayView, UnreadableError, view_of

Role = Literal["x", "y", "validation_x", "validation_y"]


@dataclasses.dataclass(frozen=True)
class Part:
    """One input or target of training or validation.

    Args:
        role: the argument of fit; rows that ``validation_split`` takes are of ``validation_x``.
        name: the code that gives the array: ``x_train``, ``inputs["image"]``.
        view: reads its rows; None where ``reason`` says why it cannot be read.
        reason: "" where it can be read.
        start, stop: the rows of the array that it has.
        shift: the row of ``name`` at which the array begins: during a fit, what
            ``validation_split`` has taken is an array of its own.
        key: of a dict or list of several inputs or targets; None of a single one.
        is_batch: whether the rows were drawn from a dataset, so that ``name`` has no such rows.
    """

    role: Role
    name: str
    view: ArrayView | None
    reason: str = ""
    start: int = 0
    stop: int = 0
    shift: int = 0
    key: str | None = None
    is_batch: bool = False

    @property
    def split(self) -> Literal["training", "validation"]:
        return "validation" if self.role.startswith("validation") else "training"

    @property
    def is_target(self) -> bool:
        return self.role.endswith("y")

    @property
    def rows(self) -> int:
        return self.stop - self.start

    @property
    def first(self) -> int:
        """The index of its first row in ``name``."""
        return self.start + self.shift

    @property
    def is_table(self) -> bool:
        return self.view is not None and self.view.kind == "table"


def parts_of(value: Any, role: Role, name: str, is_batch: bool = False) -> list[Part]:
    """Return the parts of an argument: one, or one for each entry of a dict, list or tuple."""
    if value is None:
        return []
    found = []
    for key, code, item in _entries(value, name):
        try:
            view = view_of(item)
            part = Part(role, code, view, stop=view.rows, key=key, is_batch=is_batch)
        except UnreadableError as error:
            part = Part(role, code, None, str(error), key=key, is_batch=is_batch)
        found.append(part)
    return found


def _entries(value: Any, name: str) -> Iterator[tuple[str | None, str, Any]]:
    if isinstance(value, Mapping):
        for key in list(value):
            yield str(key), f"{name}[{key!r}]", value[key]
    elif isinstance(value, (list, tuple)) and any(hasattr(each, "shape") for each in value):
        for index, item in enumerate(value):
            if item is not None:
                yield str(index), f"{name}[{index}]", item
    else:
        yield None, name, value


def split_rows(parts: list[Part], fraction: float) -> list[Part]:
    """Return the parts with the last rows as validation data, as ``validation_split`` does."""
    found = []
    for part in parts:
        # As Keras computes it.
        boundary = int(part.rows * (1 - fraction))
        if part.view is None or not 0 < boundary < part.rows:
            found.append(part)
            continue
        role: Role = "validation_y" if part.is_target else "validation_x"
        found.append(dataclasses.replace(part, stop=part.start + boundary))
        found.append(dataclasses.replace(part, role=role, start=part.start + boundary))
    return found
