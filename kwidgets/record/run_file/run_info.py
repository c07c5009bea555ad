"""Define what is known of a run from its file, as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypedDict

from kwidgets.live.protocol import BestEpoch, MetricInfo, Split

#: died: the process that wrote the file is gone, and did not say how the training ended.
State = Literal["running", "finished", "stopped", "interrupted", "failed", "died"]
STATES: tuple[State, ...] = ("running", "finished", "stopped", "interrupted", "failed", "died")


class RunProgress(TypedDict):
    """Where a training is, or ended. ``epoch`` and ``batch`` as Keras counts them."""

    epoch: int
    batch: int
    step: int
    #: Of training, without pauses.
    seconds: float
    #: By how much the curves count fewer epochs than Keras, because the training was rewound.
    epochs_rewound: int


class Parent(TypedDict):
    """The run that another one goes on from, and the step where."""

    run: str
    step: int
    how: str


@dataclasses.dataclass(frozen=True)
class RunInfo:
    """What a list of runs shows of one: all that is small."""

    path: Path
    id: str
    kind: Literal["fit", "loop"]
    #: Unix time in seconds; ``ended`` is None while it runs, and for one that died.
    created: float
    ended: float | None
    state: State
    diverged: bool
    #: Why it ended so, such as the first line of an error.
    detail: str
    #: The computer that wrote it.
    host: str
    model_name: str
    optimizer: str
    backend: str
    device: str
    epochs: int
    initial_epoch: int
    #: Of an epoch; None where it is unknown.
    batches: int | None
    progress: RunProgress
    notebook: str | None
    cell_id: str | None
    best: Mapping[str, BestEpoch]
    last: Mapping[str, Mapping[Split, float]]
    metrics: tuple[MetricInfo, ...]
    fit_arguments: Mapping[str, Any]
    parent: Parent | None
    # What the user wrote.
    name: str
    tags: tuple[str, ...]
    notes: str
    #: Of the file, and of its checkpoints.
    file_bytes: int
    checkpoint_bytes: int

    @property
    def title(self) -> str:
        """The name that the user gave, or else that of the model, or else the id."""
        return self.name or self.model_name or self.id

    @property
    def bytes(self) -> int:
        """What the run takes on disk."""
        return self.file_bytes + self.checkpoint_bytes

    @property
    def values(self) -> dict[str, float]:
        """The last value of each metric, by the names that Keras logs, such as ``val_loss``."""
        training = {
            name: last["training"] for name, last in self.last.items() if "training" in last
        }
        validation = {
            f"val_{name}": last["validation"]
            for name, last in self.last.items()
            if "validation" in last
        }
        return training | validation

    @property
    def finished_epochs(self) -> int:
        """How many epochs were finished, as the curves count them: not those that were rewound."""
        is_complete = self.batches is not None and self.progress["batch"] >= self.batches
        return max(0, self.progress["epoch"] + is_complete - self.progress["epochs_rewound"])

    @property
    def all_epochs(self) -> int:
        """How many epochs the fit would finish; 0 where it is unknown."""
        return max(0, self.epochs - self.progress["epochs_rewound"])

    @property
    def best_values(self) -> dict[str, float]:
        """The best value of each metric, by the metric's name."""
        return {name: best["value"] for name, best in self.best.items()}


@dataclasses.dataclass(frozen=True)
class UnreadableRun:
    """A file in the folder of the runs that cannot be read, and why."""

    path: Path
    reason: str
    bytes: int


@dataclasses.dataclass(frozen=True)
class CheckpointInfo:
    """A copy of the whole state of a training, in a folder beside the file of the run.

    Attributes:
        epoch: finished epochs.
        batch: finished batches of the epoch after them.
        reason: "interval", "best", "user", "before", "end" or "start" (of a rewound run).
        cut_validation: whether the validation of the last finished epoch was interrupted.
    """

    step: int
    epoch: int
    batch: int
    folder: Path
    bytes: int
    reason: str
    label: str
    created: float
    cut_validation: bool = False
