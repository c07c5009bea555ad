"""What was done to a training, and between which two batches, as plain data."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias

#: Where a training can be acted on: Keras's hooks that ``LivePlot`` uses for it.
Hook: TypeAlias = Literal[
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_test_batch_begin",
    "on_epoch_end",
]


@dataclasses.dataclass(frozen=True)
class Act:
    """What was done to a training, as Keras counts epochs and batches.

    Attributes:
        epoch: the running epoch, from 0.
        batch: finished batches of the epoch, thus also the batch before which it took effect.
        hook: the hook in which it took effect.
        iteration: the optimizer's count of its updates; None if it has none.
        do: "learning_rate", "follow_schedule", "stop", "pause", "resume" or "restore".
        value: the learning rate after it.
        by: "user", or what else did it.
    """

    epoch: int
    batch: int
    hook: Hook
    iteration: int | None
    do: str
    value: float | None
    by: str = "user"
