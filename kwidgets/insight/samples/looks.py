"""Decide what samples look like, and describe one: picture, text, row, series, sound or values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from kwidgets import protocol as wire
from kwidgets.insight.protocol import Looks
from kwidgets.insight.samples.flat_pictures import square_side
from kwidgets.insight.samples.inputs import Inputs
from kwidgets.insight.samples.number_text import with_minus
from kwidgets.insight.samples.pictures import ValueSpan, picture_url, span_of
from kwidgets.language import t

Kind = Literal["picture", "text", "row", "series", "sound", "values"]

PICTURE_SIDE: Final = 8
_UNIT: Final = ValueSpan(0, 1)
MAX_ROW: Final = 200
#: A row shows so many values; the unusual ones first.
SHOWN_VALUES: Final = 24
MAX_LINES: Final = 8
MIN_SERIES: Final = 32
SOUND_LENGTH: Final = 4_000
#: Points of a line that are sent.
POINTS: Final = 100
MAX_TEXT: Final = 600

#: Keeps a picture's data URL, and returns its hash.
AddPicture = Callable[[str], str]


@dataclasses.dataclass(frozen=True)
class InputKind:
    """What one input of a model looks like.

    Args:
        kind: of all samples.
        span: of pictures.
        columns: the names of a row's values.
        mean: of each value of a row, in the samples looked at.
        deviation: of each value.
        vocabulary: words by number.
        side: of a square picture whose pixels are in one row; 0 for other inputs.
    """

    kind: Kind
    span: ValueSpan = _UNIT
    columns: tuple[str, ...] = ()
    mean: NDArray[np.float64] | None = None
    deviation: NDArray[np.float64] | None = None
    vocabulary: Sequence[str] = ()
    side: int = 0


def kind_of(
    values: NDArray[Any],
    columns: tuple[str, ...] = (),
    vocabulary: Sequence[str] = (),
    reads_tokens: bool = False,
) -> InputKind:
    """Return what the samples of an input look like.

    Args:
        values: some samples, (samples, …).
        columns: the names of their values.
        vocabulary: words by number.
        reads_tokens: whether the model looks its values up in an embedding.
    """
    shape = values.shape[1:]
    kind = values.dtype.kind
    if kind in "OSU":
        return InputKind("text" if _are_texts(values) else "values")
    if kind == "c" or kind not in "biuf":
        return InputKind("values")
    sides = shape[:2]
    if len(shape) in (2, 3) and min(sides) >= PICTURE_SIDE and max(sides) <= 16 * min(sides):
        if len(shape) == 2 and shape[1] <= MAX_LINES and shape[0] != shape[1]:
            return InputKind("series")
        if len(shape) == 2 or shape[2] in (1, 3, 4):
            return InputKind("picture", span_of(values))
    if reads_tokens and len(shape) == 1:
        return InputKind("text", vocabulary=vocabulary)
    if len(shape) == 2 and shape[1] <= MAX_LINES and shape[0] > 1:
        return InputKind("sound" if shape[1] == 1 and shape[0] >= SOUND_LENGTH else "series")
    if len(shape) == 1 and (side := square_side(values)):
        return InputKind("picture", span_of(values), side=side)
    if len(shape) == 1 and not columns and shape[0] >= MIN_SERIES and kind == "f":
        if shape[0] >= SOUND_LENGTH:
            return InputKind("sound")
        if _are_smooth(values):
            return InputKind("series")
    if len(shape) <= 1 and int(np.prod(shape)) <= MAX_ROW:
        numbers = values.reshape(len(values), -1).astype(np.float64)
        finite = np.where(np.isfinite(numbers), numbers, np.nan)
        with np.errstate(all="ignore"):
            known = np.isfinite(finite).any(axis=0)
            mean = np.where(known, np.nanmean(np.where(known, finite, 0), axis=0), 0)
            deviation = np.where(known, np.nanstd(np.where(known, finite, 0), axis=0), 0)
        return InputKind("row", columns=columns, mean=mean, deviation=deviation)
    return InputKind("values")


def _are_texts(values: NDArray[Any]) -> bool:
    first = values.reshape(-1)[:20].tolist()
    return bool(first) and all(isinstance(value, str | bytes) for value in first)


def _are_smooth(values: NDArray[Any]) -> bool:
    """Return whether neighbors are alike, as in a series, and not in a table's row."""
    numbers = np.nan_to_num(values[:64].astype(np.float64))
    spread = numbers.std()
    return bool(spread > 0 and np.abs(np.diff(numbers, axis=1)).mean() < 0.5 * spread)


def describe(
    kinds: Sequence[InputKind], inputs: Inputs | None, add: AddPicture, large: bool = False
) -> Looks | None:
    """Return what a sample looks like; of several inputs the first that is more than values.

    Args:
        kinds: of the model's inputs.
        inputs: of the sample.
        add: keeps a picture.
        large: whether it is shown alone.
    """
    if inputs is None or not kinds:
        return None
    chosen = shown_input(kinds, len(inputs))
    return _describe(kinds[chosen], np.asarray(inputs[chosen]), add, large)


def shown_input(kinds: Sequence[InputKind], count: int) -> int:
    """Return which of ``count`` inputs is shown: the first that is more than values."""
    return next((i for i, kind in enumerate(kinds[:count]) if kind.kind != "values"), 0)


def _describe(kind: InputKind, value: NDArray[Any], add: AddPicture, large: bool) -> Looks:
    if kind.kind == "picture":
        if kind.side:
            value = value.reshape(kind.side, kind.side)
        return Looks(kind="picture", picture=add(picture_url(value, kind.span, large)))
    if kind.kind == "text":
        return Looks(kind="text", text=_text(kind, value, 10 * MAX_TEXT if large else MAX_TEXT))
    if kind.kind == "row":
        row = _row(kind, value, MAX_ROW if large else SHOWN_VALUES)
        found = Looks(kind="row", row=row)
        return found if len(row) == value.size else Looks(**found, row_count=int(value.size))
    if kind.kind in ("series", "sound"):
        return Looks(kind=kind.kind, series=lines(value, 4 * POINTS if large else POINTS))
    return Looks(kind="values", text=summary_of(value))


def _text(kind: InputKind, value: NDArray[Any], length: int) -> str:
    if value.dtype.kind in "OSU":
        parts = [
            item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
            for item in value.reshape(-1)[:20].tolist()
        ]
        text = " ".join(parts)
    else:
        numbers = [int(number) for number in value.reshape(-1).tolist()]
        # Padding says nothing.
        while len(numbers) > 1 and numbers[-1] == 0:
            numbers.pop()
        while len(numbers) > 1 and numbers[0] == 0:
            numbers.pop(0)
        words = kind.vocabulary
        text = " ".join(
            words[number] if 0 <= number < len(words) else str(number) for number in numbers
        )
    return text if len(text) <= length else f"{text[:length]} …"


def _row(kind: InputKind, value: NDArray[Any], most: int) -> list[tuple[str, str, bool]]:
    numbers = value.reshape(-1)
    found = []
    for i, number in enumerate(numbers.tolist()):
        name = kind.columns[i] if i < len(kind.columns) else str(i)
        unusual = False
        if kind.mean is not None and kind.deviation is not None and i < len(kind.mean):
            spread = float(kind.deviation[i])
            unusual = not np.isfinite(number) or (
                spread > 0 and abs(float(number) - float(kind.mean[i])) > 3 * spread
            )
        text = f"{number:.6g}" if isinstance(number, float) else str(number)
        found.append((name, with_minus(text), unusual))
    if len(found) > most:
        found = sorted(found, key=lambda item: not item[2])[:most]
    return found


def lines(value: NDArray[Any], points: int = POINTS) -> list[list[wire.WireNumber]]:
    """Return a series, (steps,) or (steps, lines), as lines of at most ``points`` values."""
    numbers = value.reshape(len(value), -1).astype(np.float64)[:, :MAX_LINES]
    step = -(-len(numbers) * numbers.shape[1] // points)
    return [[_rounded(number) for number in line.tolist()] for line in numbers[::step].T]


def _rounded(number: float) -> wire.WireNumber:
    return wire.wire_number(float(f"{number:.4g}"))


def summary_of(value: NDArray[Any]) -> str:
    """Return shape, range and middle of values of an unknown kind, in words."""
    shape = "×".join(map(str, value.shape)) or "1"
    if value.dtype.kind not in "biuf" or not value.size:
        return t("%1 values of type %2", shape, str(value.dtype))
    numbers = value.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return t("%1 values, none finite", shape)
    low, high = (with_minus(f"{limit:.4g}") for limit in (finite.min(), finite.max()))
    return t("%1 values from %2 to %3", shape, low, high)
