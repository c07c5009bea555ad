"""Some rows of the data, as plain data: where they are, what they hold, and their target."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from kwidgets.insight.data.array_view import Array
from kwidgets.insight.data.classes import Labels
from kwidgets.insight.data.finding import fetch_line
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.insight.data.measure import Measured
from kwidgets.language import t

MAX_SAMPLES: Final = 12
# Values of a row that are written.
_MAX_VALUES: Final = 8
_MAX_TEXT: Final = 200
# Rows with more values are not kept, but described.
_MOST_VALUES: Final = 200_000


@dataclasses.dataclass(frozen=True)
class DataSample:
    """One row of the training data.

    Args:
        index: its row; None of a dataset's batch.
        code: the line that fetches it, such as ``x_train[17]``; "" where there is none.
        text: its values, shortened.
        target: its target, as text; "" without targets.
        value: its values as NumPy array; None if it is very large.
        columns: names of the values, of a table; else empty.
    """

    index: int | None
    code: str
    text: str
    target: str
    value: Array | None = dataclasses.field(default=None, compare=False, repr=False)
    columns: tuple[str, ...] = ()


def samples_of(data: LookedAt) -> tuple[DataSample, ...]:
    """Return rows from all over the training data, at most ``MAX_SAMPLES``."""
    x = data.of("x")
    if not x or x[0].part.view is None or x[0].part.rows <= 0:
        return ()
    y = data.of("y")
    rows = min(each.part.rows for each in (*x[:1], *y[:1]) if each.part.view is not None)
    if rows <= 0:
        return ()
    places = np.unique(np.linspace(0, rows - 1, min(MAX_SAMPLES, rows)).astype(np.int64))
    return tuple(_sample(x[0], y[0] if y else None, data.labels, int(row)) for row in places)


def _sample(x: Measured, y: Measured | None, labels: Labels | None, row: int) -> DataSample:
    part, view = x.part, x.part.view
    assert view is not None
    at = part.start + row
    value = view.read(slice(at, at + 1))[0]
    small = isinstance(value, np.ndarray) and value.size <= _MOST_VALUES
    return DataSample(
        None if part.is_batch else at + part.shift,
        "" if part.is_batch else fetch_line(part.name, [at + part.shift], part.is_table),
        row_text(value, view.columns),
        _target_text(y, labels, row),
        value if small else np.asarray(value) if np.ndim(value) == 0 else None,
        view.columns,
    )


def row_text(value: object, columns: tuple[str, ...] = ()) -> str:
    """Return a row in one line: its values, or its shape and range if there are many."""
    if isinstance(value, (bytes, str)):
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        return text[:_MAX_TEXT]
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        return str(value)[:_MAX_TEXT]
    if array.ndim == 0:
        return f"{array.item():.4g}" if array.dtype.kind == "f" else str(array.item())
    if array.ndim == 1:
        numbers = [f"{each:.4g}" for each in array[:_MAX_VALUES].tolist()]
        if columns:
            numbers = [f"{name} {each}" for name, each in zip(columns, numbers, strict=False)]
        more = "" if array.size <= _MAX_VALUES else f" … ({array.size:,})"
        return ", ".join(numbers) + more
    if array.dtype.kind == "c" or array.size == 0:
        return t("shape %1", array.shape)
    with np.errstate(all="ignore"):
        low, high = float(np.nanmin(array)), float(np.nanmax(array))
    return t("shape %1, %2 to %3", array.shape, f"{low:.4g}", f"{high:.4g}")


def _target_text(y: Measured | None, labels: Labels | None, row: int) -> str:
    if y is None or y.part.view is None:
        return ""
    if labels is not None and labels.part is y.part:
        number = int(labels.numbers[row])
        return labels.names[number] if number >= 0 else "–"
    at = y.part.start + row
    return row_text(y.part.view.read(slice(at, at + 1))[0])
