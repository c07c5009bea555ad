"""What a checkpoint offers to a training that is to go on from it: ``ResumePlan``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from kwidgets.record.checkpoints.folder import CheckpointFolder
from kwidgets.record.checkpoints.read_checkpoint import read_state_of
from kwidgets.record.checkpoints.training_state import TrainingState


@dataclasses.dataclass(frozen=True)
class ResumePlan:
    """A checkpoint that a training may go on from.

    Attributes:
        checkpoint: its folder and ``meta.json``.
    """

    checkpoint: CheckpointFolder

    @classmethod
    def read(cls, folder: str | Path) -> ResumePlan:
        """Read what a checkpoint is, without its arrays.

        Raises:
            CheckpointError: the folder is no checkpoint, or damaged.
        """
        return cls(CheckpointFolder.open(Path(folder)))

    @property
    def meta(self) -> Any:
        return self.checkpoint.meta

    @property
    def epoch(self) -> int:
        """Keras's number of the epoch in which the training goes on, from 0."""
        return int(self.meta["epoch"])

    @property
    def batch(self) -> int:
        """Keras's number of the step in that epoch with which it goes on, from 0."""
        return int(self.meta["batch"])

    def read_state(self) -> TrainingState:
        """Read and check all files of the checkpoint.

        Raises:
            CheckpointError: one is damaged.
        """
        return read_state_of(self.checkpoint)
