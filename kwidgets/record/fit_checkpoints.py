"""Take the checkpoints of a fit, and let a fit go on from one: an observer beside the recorder."""

from __future__ import annotations

import time
from pathlib import Path

import keras

from kwidgets.language import Message, message, t
from kwidgets.live import protocol
from kwidgets.live.numbers.acts import Hook
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import CommandRefusedError, RunObserver
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.checkpoints.checkpointer import Checkpointer
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.folder import CheckpointFolder
from kwidgets.record.checkpoints.retention import SUFFIX, Reason
from kwidgets.record.fit_facts.process import is_alive
from kwidgets.record.fit_recorder import FitRecorder
from kwidgets.record.fit_resume import FitResume
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.open_file import UnreadableRunError
from kwidgets.record.run_file.reader import read_info, read_values

#: For the run's file, without which a checkpoint could not be found.
BEGUN_WITHIN_SECONDS = 2.0
# For a checkpoint to be written before the training is rewound.
_WRITE_SECONDS = 60.0
#: A change before which a checkpoint is taken, if the fit is old enough for automatic ones.
_INTERVENTIONS = ("set_learning_rate", "follow_schedule")
_BEFORE_A_STEP = ("on_epoch_begin", "on_train_batch_begin")


class FitCheckpoints(RunObserver):
    """Takes the checkpoints of one fit, and resumes it from one of an earlier run.

    Args:
        run: the training.
        recorder: of the training.
    """

    label = "Writing checkpoints"

    def __init__(self, run: FitRun, recorder: FitRecorder) -> None:
        self._run = run
        self._fit = run.state
        self._recorder = recorder
        self._data: FitData | None = None
        self._taker: Checkpointer | None = None
        self._resume = FitResume(run, recorder)
        self._best_step = -1
        # Whether Stop has left an epoch incomplete.
        self._stops_in_epoch = False

    # The hooks, in the order in which they are called.

    def begin(self) -> None:
        recorder, model = self._recorder, self._fit.model
        if recorder.place is None or not isinstance(model, keras.Model):
            return
        if self._run.kind == "fit":
            self._data = FitData.find()
            if self._data is not None:
                self._data.watch()
            if self._fit.extras.may_resume:
                self._resume.offer(self._data)
        self._taker = self._make_taker(recorder.place)
        self._fit.extras.can_checkpoint = True

    def _make_taker(self, place: Path) -> Checkpointer:
        return Checkpointer(
            self._fit.model,
            place,
            self._recorder.run_id,
            data=self._data,
            callbacks=self._callbacks(),
            describe=self._place_on_axes,
            on_written=self._written,
            on_deleted=self._deleted,
            on_problem=self._report,
            before_write=lambda: self._recorder.wait_until_begun(BEGUN_WITHIN_SECONDS),
            is_running=lambda run_id: _is_running(place, run_id),
            has_process=lambda run_id: _has_process(place, run_id),
        )

    def take_before(self, label: str, hook: Hook) -> None:
        """Take a checkpoint before an intervention, and wait until it is written."""
        if self._taker is not None:
            if hook == "on_train_batch_begin":
                self._take("before", label)
            self._taker.wait(_WRITE_SECONDS)

    def after_rewind(self, step: int) -> None:
        # The recorder has begun a run of its own for the branch: its checkpoints are beside it.
        if self._taker is not None and self._recorder.place is not None:
            self._taker.close()
            self._taker = self._make_taker(self._recorder.place)

    def take_start(self, hook: Hook) -> None:
        """Take the checkpoint with which a branch begins, so that it can be resumed from there."""
        self._request("start", "", hook)

    def begin_epoch(self, epoch: int) -> None:
        self._resume.begin_epoch(epoch)

    def before_step(self, epoch: int, batch: int) -> None:
        self._resume.before_step(epoch, batch)
        self._take_due()

    def after_sample(self) -> None:
        self._take_due()
        self._resume.after_sample()

    def end_epoch(self, epoch: int) -> None:
        if self._taker is None:
            return
        best = self._fit.reader.store.best.get("loss")
        if best is not None and best["step"] != self._best_step:
            self._best_step = int(best["step"])
            self._taker.note_best()
        # Before the first step of the next epoch: later ones change the weights, and epochs of a
        # single step have no samples within.
        self._run.call_before_step = True

    def before_command(self, command: Command, hook: Hook) -> None:
        if self._taker is None or hook not in _BEFORE_A_STEP:
            return
        if command.kind == "stop":
            # The step that begins is still trained, and its epoch is left incomplete.
            self._stops_in_epoch = True
            self._request("before", t("Stop"), hook)
        elif command.kind in _INTERVENTIONS and self._has_begun():
            self._request("before", t("a change of the learning rate"), hook)

    def before_interrupt(self, hook: Hook) -> None:
        if hook == "on_train_batch_begin":
            self._take("before", t("Ctrl-C"))
        elif hook == "on_test_batch_begin" and self._taker is not None:
            # The training part of the epoch is done; Keras has no way back into its validation.
            epoch = self._fit.progress.epoch + 1
            self._taker.take_now(
                *("before", t("Ctrl-C"), epoch, 0, self._step()), ended=True, cut_validation=True
            )

    def apply(self, command: Command, hook: Hook) -> str | None:
        if command.kind != "checkpoint":
            return None
        if self._taker is None:
            raise CommandRefusedError(
                t("No checkpoint of this training can be written: it has no Keras model.")
            )
        self._request("user", command.text, hook)
        waits = hook != "on_train_batch_begin" and self._fit.status.status == "paused"
        return t("The checkpoint will be written before the next batch.") if waits else ""

    def finish(self) -> None:
        taker, progress = self._taker, self._fit.progress
        if taker is None or self._stops_in_epoch:
            return
        epoch = progress.initial_epoch + progress.finished_epochs
        # There is no next step.
        taker.take_requested(epoch, 0, self._step(), ended=True)
        is_wanted = self._fit.status.status == "stopping" or self._run.needs_end_checkpoint
        if is_wanted or self._has_begun():
            taker.end(epoch, self._step())

    def end(self) -> None:
        self._resume.end()
        if self._taker is not None:
            self._taker.close()
        if self._data is not None:
            self._data.release()
        self._taker = self._data = None

    # Checkpoints.

    def _take(self, reason: Reason, label: str) -> None:
        if self._taker is None:
            return
        self._run.sample_now()
        progress = self._fit.progress
        self._taker.take_now(reason, label, progress.epoch, progress.batch, self._step())

    def _request(self, reason: Reason, label: str, hook: Hook) -> None:
        """Take a checkpoint now, or before the next step: nowhere else the place is known."""
        if hook == "on_train_batch_begin":
            self._take(reason, label)
        elif self._taker is not None:
            self._taker.request(reason, label)
            self._run.call_before_step = True

    def _take_due(self) -> None:
        now = time.perf_counter()
        if self._taker is None or not self._taker.is_due(now) or not self._run.may_use_model():
            return
        progress = self._fit.progress
        self._taker.before_step(progress.epoch, progress.batch, self._step(), now)

    def _has_begun(self) -> bool:
        return self._taker is not None and self._taker.schedule.has_begun(time.perf_counter())

    def _step(self) -> int:
        return int(self._fit.reader.position[0])

    def _place_on_axes(self) -> dict[str, object]:
        step, marks = self._step(), self._fit.reader.store.marks
        return {
            "epoch_on_axis": self._fit.reader.position[1],
            "epochs_rewound": self._fit.reader.epochs_rewound,
            "marks": sum(mark["step"] == step for mark in marks),
        }

    def _callbacks(self) -> list[object]:
        return self._fit.frame.callbacks()

    # In the thread that writes checkpoints.

    def _written(self, checkpoint: CheckpointFolder) -> None:
        meta = checkpoint.meta
        shown = protocol.Checkpoint(
            name=checkpoint_name(checkpoint.path),
            text=_text_of(meta["reason"], meta["label"]),
            step=meta["step"],
            epoch=self._fit.reader.epoch_on_axis(meta["epoch"], meta["batch"]),
        )
        # Somebody may have deleted the others.
        place = checkpoint.path.parent.parent
        known = [
            each
            for each in self._fit.extras.checkpoints
            if checkpoint_folder(place, each["name"]).is_dir()
        ]
        # Only a fit can be rewound to them.
        self._fit.extras.checkpoints = [*known, shown] if self._run.kind == "fit" else []
        self._run.publish_soon()
        if meta["reason"] == "user":
            self._fit.reader.store.add_mark(
                protocol.Mark(
                    kind="user",
                    text=shown["text"],
                    step=shown["step"],
                    epoch=shown["epoch"],
                    seconds=self._fit.reader.position[2],
                )
            )

    def _deleted(self, paths: list[Path]) -> None:
        names = {checkpoint_name(path) for path in paths}
        self._fit.extras.checkpoints = [
            each for each in self._fit.extras.checkpoints if each["name"] not in names
        ]

    def _report(self, problem: str | None) -> None:
        if problem is None:
            self._fit.guard.failures.pop(self.label, None)
        else:
            self._fit.guard.failures[self.label] = problem


def checkpoint_name(folder: Path) -> str:
    """Return what tells a checkpoint from those of the other branches of a training."""
    return f"{folder.parent.name.removesuffix(SUFFIX)}/{folder.name}"


def checkpoint_folder(place: Path, name: str) -> Path:
    """Return the folder of the checkpoint with that name."""
    run_id, _, folder = name.partition("/")
    return place / f"{run_id}{SUFFIX}" / folder


def _text_of(reason: str, label: str) -> Message:
    """Return what a checkpoint is called on the page."""
    if reason == "user" and label:
        return message("Checkpoint “%1”", label)
    texts = {
        "best": message("Best epoch"),
        "before": message("Before %1", label),
        "end": message("End"),
        "start": message("Beginning of this branch"),
        "user": message("Checkpoint"),
    }
    return texts.get(reason, message("Automatic checkpoint"))


def _is_running(place: Path, run_id: str) -> bool:
    """Return whether a run is being recorded, here or by another kernel."""
    try:
        return read_info(place / f"{run_id}{schema.SUFFIX}").state == "running"
    except UnreadableRunError:
        return False


def _has_process(place: Path, run_id: str) -> bool | None:
    """Return whether the process that recorded a run still exists; None if it is not known."""
    try:
        (process,) = read_values(place / f"{run_id}{schema.SUFFIX}", ["process"]).values()
    except UnreadableRunError:
        return None
    return is_alive(process) if isinstance(process, dict) else None
