"""Define what of a fit its replay needs, as plain data, and reduce its acts to their effects."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias

import numpy as np

from kwidgets.live.numbers.acts import Act

#: Of an epoch: before a batch, or in ``on_epoch_begin`` or ``on_epoch_end``.
Place: TypeAlias = "int | Literal['begin', 'end']"
#: Keras's epoch, and where in it.
Key: TypeAlias = tuple[int, Place]


class ReplayError(Exception):
    """A run cannot be replayed; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class RecordedFit:
    """One fit, and what was done to it.

    Args:
        title: says which fit it is, in a comment.
        acts: in order.
        has_schedule: whether a schedule or a function sets the learning rate.
        iterations: the optimizer's count of updates when the fit began; None if unknown.
        interrupted_at: the epoch, and the batch before which Ctrl-C ended it; None if it did not.
        initial_epoch: the epoch in which it began.
        steps_per_execution: batches between two hooks.
        floatx: Keras's, the type of the learning rate.
        backend: the name of Keras's backend.
        notes: what else the comment says, each a sentence.
    """

    title: str
    acts: tuple[Act, ...]
    has_schedule: bool = False
    iterations: int | None = None
    interrupted_at: tuple[int, int] | None = None
    initial_epoch: int = 0
    steps_per_execution: int = 1
    floatx: str = "float32"
    backend: str = "tensorflow"
    notes: tuple[str, ...] = ()

    @property
    def rates(self) -> dict[Key, str]:
        """The literals of the learning rates that were set, by the place where; no schedule."""
        if self.has_schedule:
            return {}
        return {
            _key(act, self.initial_epoch): self._literal(act.value)
            for act in self.acts
            if act.do == "learning_rate" and act.value is not None
        }

    @property
    def stop(self) -> Key | None:
        """The place where the fit was stopped, or None.

        An interrupt ends the fit before a batch, a stop after the batch in whose begin it is set:
        the interrupt becomes a stop one batch earlier.
        """
        for act in self.acts:
            if act.do == "stop":
                return _key(act, self.initial_epoch)
        if self.interrupted_at is None:
            return None
        epoch, batch = self.interrupted_at
        if batch > 0:
            return epoch, max(batch - self.steps_per_execution, 0)
        return (epoch - 1, "end") if epoch > self.initial_epoch else None

    @property
    def held(self) -> dict[int, str]:
        """The literals of the rates that override the schedule, by the iteration from which on.

        "0.0" stands for the schedule.
        """
        if not self.has_schedule:
            return {}
        changes: dict[int, str] = {}
        for act in self.acts:
            if act.do in ("learning_rate", "follow_schedule") and act.iteration is not None:
                follows = act.do == "follow_schedule" or act.value is None
                changes[act.iteration] = "0.0" if follows else self._literal(act.value)
        return changes

    def _literal(self, value: float | None) -> str:
        """Return the shortest literal that gives the learning rate the same bits."""
        number = float("nan") if value is None else value
        if self.floatx == "float64":
            # The variable that overrides a schedule is float32.
            rounds = self.has_schedule and self.backend != "torch"
            return repr(float(np.float32(number)) if rounds else float(number))
        text = repr(float(str(np.float32(number))))
        return text if np.float32(float(text)) == np.float32(number) else repr(float(number))


def check_replayable(acts: tuple[Act, ...], run_id: str) -> None:
    """Raise if a callback cannot repeat what was done.

    Raises:
        ReplayError: a checkpoint was restored during the training.
    """
    if any(act.do == "restore" for act in acts):
        raise ReplayError(
            f"Run {run_id} went back to a checkpoint during the training, which a callback cannot "
            "repeat without that checkpoint. Load the checkpoint's model and train it again: "
            f'kwidgets.runs["{run_id}"].model().'
        )


def _key(act: Act, initial_epoch: int) -> Key:
    if act.hook == "on_train_begin":
        # Where a resumed training begins may be within an epoch.
        return max(act.epoch, initial_epoch), act.batch
    if act.hook == "on_epoch_begin":
        return act.epoch, "begin"
    # A stop in the validation ends the fit with the epoch.
    if act.hook in ("on_epoch_end", "on_test_batch_begin"):
        return act.epoch, "end"
    return act.epoch, act.batch
