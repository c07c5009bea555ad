"""Read all rows of the user's data, a batch after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.formats.export.user_data import num_rows, take_inputs, yields_batches

_BATCH: Final = 128
# Of what does not tell its length, and may have no end.
_MAX_BATCHES: Final = 1_000


class _Batches:
    """What a generator has yielded, to be read more than once."""

    def __init__(self, batches: list[Any]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[Any]:
        return iter(self._batches)


def read_twice(data: Any) -> Any:
    """Return data that can be read twice: what can be read once is read, the rest is as it is."""
    if hasattr(data, "__next__"):
        return _Batches(list(itertools.islice(data, _MAX_BATCHES)))
    return data


def all_rows(data: Any, signature: Signature) -> Iterator[Arrays]:
    """Yield all rows of inputs by name, in batches; of endless data the first 1,000 batches.

    Args:
        data: as for ``samples`` of :func:`kwidgets.export`.
        signature: of the model.

    Raises:
        FormatError: they do not fit the model.
    """
    if not yields_batches(data):
        for start in range(0, num_rows(data, signature), _BATCH):
            yield take_inputs(data, signature, _BATCH, start)
        return
    has_end = hasattr(data, "__len__") and _length(data) is not None
    batches = iter(data) if hasattr(data, "__iter__") else map(data.__getitem__, itertools.count())
    count = _length(data) if has_end else _MAX_BATCHES
    for batch in itertools.islice(batches, count):
        inputs = batch[0] if isinstance(batch, tuple) or _is_pair(batch) else batch
        yield from all_rows(inputs, signature)


def _is_pair(batch: Any) -> bool:
    # As the first batches are read.
    return isinstance(batch, list) and len(batch) > 1


def _length(data: Any) -> int | None:
    try:
        return len(data)
    # A dataset of TensorFlow that does not know, or has no end.
    except TypeError:
        return None
