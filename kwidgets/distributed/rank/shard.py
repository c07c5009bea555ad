"""A worker's part of arrays, as a ``keras.utils.PyDataset``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

if TYPE_CHECKING:
    from kwidgets.distributed.rank.worker import Worker


class Shard(keras.utils.PyDataset):
    """The part of each batch that one worker trains. See ``Worker.shard`` for the arguments."""

    def __init__(self, x: Any, y: Any, worker: Worker, batch_size: int, shuffle: bool) -> None:
        super().__init__()
        lengths = {len(leaf) for leaf in keras.tree.flatten((x, y)) if leaf is not None}
        if len(lengths) != 1:
            raise ValueError(
                "x and y must have the same number of samples, not "
                f"{' and '.join(map(str, sorted(lengths)))}."
            )
        (self._samples,) = lengths
        if self._samples < worker.workers:
            raise ValueError(
                f"{self._samples} samples cannot be divided among {worker.workers} workers. Give "
                "all samples to worker.shard: it takes the part of each worker itself."
            )
        self._x, self._y = x, y
        self._rank, self._parts, self._seed = worker.rank, worker.workers, worker.seed
        self._batch_size, self._shuffle = batch_size, shuffle
        self._epoch = 0

    def __len__(self) -> int:
        whole, rest = divmod(self._samples, self._batch_size)
        return whole + (rest >= self._parts)

    def __getitem__(self, index: int) -> Any:
        begin = index * self._batch_size
        end = min(begin + self._batch_size, self._samples)
        end -= (end - begin) % self._parts
        rows = self._order()[begin + self._rank : end : self._parts]
        x = keras.tree.map_structure(lambda leaf: _rows(leaf, rows), self._x)
        if self._y is None:
            return x
        return x, keras.tree.map_structure(lambda leaf: _rows(leaf, rows), self._y)

    def on_epoch_end(self) -> None:
        self._epoch += 1

    def _order(self) -> np.ndarray:
        if not self._shuffle:
            return np.arange(self._samples)
        # By the number of the epoch, not by a state: a resumed training has the same order.
        known, order = getattr(self, "_order_of", (None, None))
        if known != self._epoch or order is None:
            order = np.random.default_rng((self._seed, self._epoch)).permutation(self._samples)
            self._order_of = self._epoch, order
        return order


def _rows(leaf: Any, rows: np.ndarray) -> Any:
    return leaf.iloc[rows].to_numpy() if hasattr(leaf, "iloc") else np.asarray(leaf)[rows]


def keep_order(epoch_iterator: Any) -> None:
    """Let Keras take the batches of a ``Shard`` in their order, which it has shuffled itself.

    Keras would draw the order from Python's ``random``, whose state may differ among workers. In
    ``on_train_begin``.

    Args:
        epoch_iterator: Keras's, of the fit; None if it is not known.
    """
    adapter: Any = getattr(epoch_iterator, "data_adapter", None)
    if isinstance(getattr(adapter, "py_dataset", None), Shard):
        adapter.shuffle = False
