"""What a checkpoint offers to a training that is to go on from it: ``ResumePlan``."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kwidgets.language import message
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.folder import CheckpointFolder
from kwidgets.record.checkpoints.read_checkpoint import read_state_of
from kwidgets.record.checkpoints.training_state import TrainingState
from kwidgets.record.resume.exactness import Exactness, Finding, find_exactness


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

    @functools.cached_property
    def state(self) -> TrainingState:
        """What all files of the checkpoint contain, checked; in memory until :meth:`release`.

        Raises:
            CheckpointError: one is damaged.
        """
        return read_state_of(self.checkpoint)

    def release(self) -> None:
        """Drop what was read of the checkpoint's files: it is as large as the model."""
        vars(self).pop("state", None)

    def exactness(
        self,
        model: Any,
        data: FitData | None,
        callbacks: Iterable[object],
        recorded: Mapping[str, Any],
        current: Mapping[str, Any],
    ) -> Exactness:
        """Return what of the resumed training is exact: see :func:`find_exactness`.

        Raises:
            CheckpointError: a file of the checkpoint is damaged.
        """
        found = find_exactness(self.state, model, data, callbacks, recorded, current)
        if not self.meta.get("cut_validation"):
            return found
        text = message(
            "The validation of epoch %1 was interrupted: its values are missing, and callbacks "
            "have not seen the end of the epoch.",
            str(self.epoch),
        )
        return Exactness((*found.findings, Finding("callbacks", "inexact", text)))
