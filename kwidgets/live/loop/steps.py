"""What ``LiveLoop.steps`` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Steps(Generic[T]):
    """The steps of one loop over batches.

    Python ends an iterator that a ``break`` leaves when nothing refers to it. A progress bar such
    as tqdm's keeps what it was given, so that is not the iterator itself.

    Args:
        begin: makes the iterator.
    """

    def __init__(self, begin: Callable[[], Iterator[T]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[T]:
        return self._begin()
