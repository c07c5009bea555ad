"""Set the state of a checkpoint on a worker that records nothing: it follows rank 0."""

from __future__ import annotations

import contextlib
from pathlib import Path

from kwidgets.live.numbers.acts import Hook
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.folder import CheckpointError, CheckpointFolder
from kwidgets.record.checkpoints.read_checkpoint import read_state_of
from kwidgets.record.fit_checkpoints import checkpoint_folder
from kwidgets.record.fit_rewind import set_rewound_state
from kwidgets.record.resume.plan import ResumePlan
from kwidgets.record.resume.resumed_fit import ResumedFit
from kwidgets.record.run_file.folder import runs_folder


class FollowedState(RunObserver):
    """Resumes a fit beside rank 0, in the same hooks.

    Args:
        run: the fit.
        checkpoint: the folder of the checkpoint from which it goes on; None for the beginning.
    """

    label = "Following rank 0"

    def __init__(self, run: FitRun, checkpoint: str | None) -> None:
        self._run = run
        self._fit = run.state
        self._place = runs_folder()
        self._checkpoint = checkpoint
        self._data: FitData | None = None
        self._resumed: ResumedFit | None = None

    def begin(self) -> None:
        self._data = FitData.find()
        if self._data is not None:
            self._data.watch()
        if self._checkpoint is None:
            return
        resumed = ResumedFit(ResumePlan.read(self._checkpoint))
        if not resumed.begin(self._fit.model, self._data, self._fit.frame.callbacks()):
            raise RuntimeError(f"cannot resume from {Path(self._checkpoint).name} as rank 0 does")
        self._resumed = resumed

    def begin_epoch(self, epoch: int) -> None:
        if self._resumed is not None:
            self._resumed.begin_epoch(epoch)

    def before_step(self, epoch: int, batch: int) -> None:
        if self._resumed is not None and not self._resumed.resumed:
            self._resumed.before_step(epoch, batch)
            self._fit.reader.skip_batches()

    def apply(self, command: Command, hook: Hook) -> str | None:
        if command.kind == "rewind":
            # Rank 0 has said which checkpoint; it refuses for the same reasons.
            with contextlib.suppress(CheckpointError):
                state = read_state_of(
                    CheckpointFolder.open(checkpoint_folder(self._place, command.text))
                )
                if not state.differences(self._fit.model):
                    set_rewound_state(self._fit, state)
                    self._run.observers.after_rewind(0)
            return ""
        # Only rank 0 writes checkpoints.
        return "" if command.kind == "checkpoint" else None

    def end(self) -> None:
        if self._resumed is not None:
            self._resumed.end()
        if self._data is not None:
            self._data.release()
        self._resumed = self._data = None
