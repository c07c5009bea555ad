"""What the user's function gets: which worker it is, and its part of the data."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np


class UndividedBatchError(ValueError):
    """Batches of ``batch_size`` samples cannot be divided among so many workers."""

    def __init__(self, text: str, batch_size: int) -> None:
        super().__init__(text)
        self.batch_size = batch_size


@dataclasses.dataclass(frozen=True)
class Worker:
    """One of the workers that train a model together; the argument of your function.

    Attributes:
        rank: the number of this worker, from 0.
        workers: how many there are.
        seed: the seed that was set on all workers before your function was called.
    """

    rank: int
    workers: int
    seed: int

    @property
    def is_first(self) -> bool:
        """Whether this is rank 0: the one that may print or write files of its own."""
        return self.rank == 0

    def shard(self, x: Any, y: Any = None, *, batch_size: int = 32, shuffle: bool = True) -> Any:
        """Return this worker's part of each batch, for ``fit`` and ``validation_data``.

        Each batch of ``batch_size`` samples is divided among the workers, so that training is the
        same as in one process with that batch size. All workers shuffle in the same way. What does
        not divide evenly at the end of the data, fewer than ``workers`` samples, is left out.

        Args:
            x: inputs: an array of shape ``(samples, …)``, or a list or dict of arrays.
            y: targets in the same form; None without.
            batch_size: samples in a batch of all workers together.
            shuffle: whether the samples have another order in each epoch.

        Returns:
            A ``keras.utils.PyDataset`` of batches of ``batch_size / workers`` samples.

        Raises:
            ValueError: ``batch_size`` is no multiple of the number of workers, or the arrays have
                different lengths, or fewer samples than there are workers.
        """
        from kwidgets.distributed.rank.shard import Shard

        size: object = batch_size
        if not isinstance(size, int | np.integer) or size < 1:
            raise ValueError(f"batch_size must be a number of samples above 0, not {batch_size!r}.")
        if batch_size % self.workers:
            near = math.ceil(batch_size / self.workers) * self.workers
            raise UndividedBatchError(
                f"batch_size={batch_size} cannot be divided among {self.workers} workers. It "
                f"counts the samples of all workers: use a multiple, such as {near}.",
                int(batch_size),
            )
        return Shard(x, y, self, int(batch_size), bool(shuffle))
