"""Define what a search knows of one trial, and of one hyperparameter, as plain data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Final, Literal

#: queued: chosen already, and tried next. interrupted: its hyperparameters are tried again.
TrialState = Literal["queued", "running", "complete", "pruned", "failed", "interrupted"]
TRIAL_STATES: Final[tuple[TrialState, ...]] = (
    "queued",
    "running",
    "complete",
    "pruned",
    "failed",
    "interrupted",
)
#: Those that count as one of the trials of the search, and have ended.
ENDED: Final[tuple[TrialState, ...]] = ("complete", "pruned", "failed")
Direction = Literal["minimize", "maximize"]

#: A value of a hyperparameter on the page. Others are shown as their text.
ParamValue = str | int | float | bool | None

#: Points of a curve that are kept; a longer one keeps every second one, and so on.
MAX_POINTS: Final = 200


@dataclasses.dataclass
class TrialRow:
    """One trial.

    Attributes:
        value: what the objective returned; of a pruned trial its last reported value.
        curve: epochs, from 1, and the values of the metric after them.
        epochs: trained so far, in all fits of the trial.
        seconds: of the whole trial.
        detail: why it ended so, such as the first line of an error.
        runs: the ids of its recorded trainings.
    """

    number: int
    state: TrialState
    params: dict[str, ParamValue]
    value: float | None = None
    curve: list[tuple[int, float]] = dataclasses.field(default_factory=list)
    epochs: int = 0
    #: Unix time.
    started: float = 0.0
    seconds: float | None = None
    detail: str = ""
    runs: list[str] = dataclasses.field(default_factory=list)

    def add_point(self, epoch: int, value: float) -> None:
        """Add the value of the metric after ``epoch``."""
        self.curve.append((epoch, value))
        if len(self.curve) > MAX_POINTS:
            # The last point always stays.
            self.curve = self.curve[-1::-2][::-1]


@dataclasses.dataclass(frozen=True)
class ParamSpace:
    """The range of a hyperparameter: numbers from ``low`` to ``high``, or choices."""

    name: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[ParamValue, ...] = ()


def plain_param(value: Any) -> ParamValue:
    """Return a hyperparameter's value for the page."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return str(value)


def plain_params(values: Mapping[str, Any]) -> dict[str, ParamValue]:
    """Return the values of all hyperparameters for the page."""
    return {str(name): plain_param(value) for name, value in values.items()}


def is_better(value: float, than: float, direction: Direction) -> bool:
    """Return whether a value is better than another one."""
    return value > than if direction == "maximize" else value < than
