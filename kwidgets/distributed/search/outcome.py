"""How a trial ended, and what starts trials: here, or on workers."""

from __future__ import annotations

import dataclasses
from concurrent.futures import Future
from typing import Any, Protocol

import optuna
from optuna.trial import TrialState


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes:
        state: COMPLETE, PRUNED or FAIL.
        value: what the objective returned; None if it has none.
        detail: why it ended so.
        error: what the objective raised.
        runs: the ids of its recorded trainings.
        epochs: that were trained.
        model: the model that was trained last, if it is in this process.
    """

    state: TrialState
    value: float | None = None
    detail: str = ""
    error: Exception | None = None
    runs: tuple[str, ...] = ()
    epochs: int = 0
    model: Any = None


class Launch(Protocol):
    """Starts trials: in this thread, or in other processes.

    Attributes:
        slots: how many trials may run at the same time.
    """

    slots: int

    def start(self, trial: optuna.Trial) -> Future[Outcome]:
        """Start a trial, and return where its outcome will be.

        One that runs trials in this thread returns when the trial has ended. What the future
        raises, such as KeyboardInterrupt, ends the search.
        """
