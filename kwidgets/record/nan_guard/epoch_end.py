"""Call a function when the data of an epoch have ended, before Keras computes the epoch's logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def call_after_data(epoch_iterator: Any, function: Callable[[], None]) -> None:
    """Call ``function`` after the last batch of each epoch of known length.

    Keras has no hook there: ``on_train_batch_end`` would cost at each batch. An epoch that a
    callback ends, or whose length Keras does not know yet, has no such moment.

    Args:
        epoch_iterator: Keras's, of the fit; it ends with the fit, and nothing has to be undone.
        function: must not raise.
    """
    batches: Callable[[], Iterator[Any]] = epoch_iterator._enumerate_iterator

    def enumerate_epoch() -> Iterator[Any]:
        yield from batches()
        function()

    epoch_iterator._enumerate_iterator = enumerate_epoch
