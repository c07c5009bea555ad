"""Read values from a configuration, which may be damaged, with checks of their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kwidgets.formats.errors import FormatError
from kwidgets.language import t


def mapping(value: object, what: str) -> dict[str, Any]:
    """Return a copy of a dictionary.

    Raises:
        FormatError: it is none.
    """
    if isinstance(value, Mapping):
        return dict(value)
    raise _wrong(value, what)


def items(value: object, what: str) -> list[Any]:
    """Return a copy of a list.

    Raises:
        FormatError: it is none.
    """
    if isinstance(value, (list, tuple)):
        return list(value)
    raise _wrong(value, what)


def text(value: object, what: str) -> str:
    """Return a text.

    Raises:
        FormatError: it is none.
    """
    if isinstance(value, str):
        return value
    raise _wrong(value, what)


def integer(value: object, what: str) -> int:
    """Return a whole number.

    Raises:
        FormatError: it is none.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _wrong(value, what)


def integers(value: object, what: str, rank: int) -> tuple[int, ...]:
    """Return ``rank`` whole numbers from a list, or from one number that stands for all.

    Raises:
        FormatError: it is neither, or the list has another length.
    """
    if isinstance(value, (list, tuple)) and len(value) == rank:
        return tuple(integer(each, what) for each in value)
    if not isinstance(value, (list, tuple)):
        return (integer(value, what),) * rank
    raise _wrong(value, what)


def _wrong(value: object, what: str) -> FormatError:
    return FormatError(
        t(
            "The model's configuration is damaged: its “%1” is %2. Save the model again.",
            what,
            repr(value)[:80],
        )
    )
