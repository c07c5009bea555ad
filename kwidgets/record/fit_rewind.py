"""Rewind a running fit to one of its checkpoints, and train on as a branch: ``FitRewind``."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.language import message, t, translated
from kwidgets.live import protocol
from kwidgets.live.numbers.acts import Hook
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.fit_state import FitState
from kwidgets.live.run.observers import CommandRefusedError, RunObserver
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.checkpoints.folder import CheckpointError, CheckpointFolder
from kwidgets.record.checkpoints.read_checkpoint import read_state_of
from kwidgets.record.checkpoints.training_state import TrainingState
from kwidgets.record.checkpoints.variables import VariableDifference
from kwidgets.record.fit_checkpoints import FitCheckpoints, checkpoint_folder
from kwidgets.record.fit_recorder import FitRecorder
from kwidgets.record.marks_before import marks_before

# They count what the fit has trained or has written to files, which cannot be rewound.
_COUNT_ON = (
    keras.callbacks.History,
    keras.callbacks.CSVLogger,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.TensorBoard,
)
# Differences that are named.
_NAMED = 3


class FitRewind(RunObserver):
    """Rewinds one fit.

    The state of the checkpoint is set before a batch: weights, optimizer, a held learning rate, and
    the callbacks' state. The training goes on with the next data. The curves so far become those of
    an earlier fit in the view and of the parent run in ``kwidgets.runs``.

    Args:
        run: the training.
        recorder: of the training.
        checkpoints: of the training.
    """

    label = "Rewinding"

    def __init__(self, run: FitRun, recorder: FitRecorder, checkpoints: FitCheckpoints) -> None:
        self._run = run
        self._fit = run.state
        self._recorder = recorder
        self._checkpoints = checkpoints
        # The numbers of the branches that were left, by the ids of their runs.
        self._left: dict[str, MetricStore] = {}

    def apply(self, command: Command, hook: Hook) -> str | None:
        if command.kind != "rewind":
            return None
        if self._run.kind != "fit":
            raise CommandRefusedError(t("Only a fit can be rewound, not a loop of your own."))
        if self._recorder.place is None or not self._fit.extras.can_checkpoint:
            raise CommandRefusedError(t("This training has no checkpoints."))
        checkpoint = find_checkpoint(self._fit, command)
        try:
            found = CheckpointFolder.open(
                checkpoint_folder(self._recorder.place, checkpoint["name"])
            )
            state = read_state_of(found)
        except CheckpointError as error:
            raise CommandRefusedError(str(error)) from error
        differences = state.differences(self._fit.model)
        if differences:
            raise CommandRefusedError(_describe(differences))
        self._checkpoints.take_before(t("Rewind"), hook)
        self._run.sample_now()
        self._recorder.before_rewind()
        set_rewound_state(self._fit, state)
        self._run.view.branch(
            lambda: self._begin_branch(checkpoint, found.meta.get("marks")),
            t("Rewound to step %1", f"{checkpoint['step']:,.0f}"),
        )
        self._run.observers.after_rewind(int(checkpoint["step"]))
        step, text = f"{checkpoint['step']:,.0f}", checkpoint["text"]
        self._fit.reader.add_mark("user", message("Rewound to step %1: %2", step, text))
        self._recorder.set_value("start_checkpoint", checkpoint["name"])
        self._checkpoints.take_start(hook)
        return ""

    def end(self) -> None:
        self._left.clear()

    def _begin_branch(self, checkpoint: protocol.Checkpoint, marks_at_step: int | None) -> None:
        store = self._fit.reader.store
        self._left[self._recorder.run_id] = store.copy()
        of_run = checkpoint["name"].partition("/")[0]
        numbers = None if of_run == self._recorder.run_id else self._left.get(of_run)
        step = int(checkpoint["step"])
        self._fit.reader.go_back(step, checkpoint["epoch"], numbers)
        # What was done at that step, such as the change before which it was taken, is undone too.
        with store.lock:
            store.marks = marks_before(store.marks, step, marks_at_step)


def find_checkpoint(fit: FitState, command: Command) -> protocol.Checkpoint:
    """Return the checkpoint that a command means: the latest of that label, name or step.

    Raises:
        CommandRefusedError: there is none.
    """
    known = fit.extras.checkpoints
    now = fit.reader.position[0]
    if command.value is not None:
        found = [each for each in known if each["step"] == command.value]
    elif command.text:
        wanted = command.text
        found = [each for each in known if each["name"] == wanted]
        found = found or [each for each in known if wanted in _labels(each)]
    else:
        found = [each for each in known if each["step"] != now]
    if found:
        return found[-1]
    if not known:
        raise CommandRefusedError(t("There is no checkpoint yet."))
    there = ", ".join(
        t("%1 (step %2)", translated(each["text"]), f"{each['step']:,.0f}") for each in known
    )
    raise CommandRefusedError(t("There is no such checkpoint. There are: %1", there))


def set_rewound_state(fit: FitState, state: TrainingState) -> None:
    """Give a running fit the state of a checkpoint. Before one of its batches.

    Args:
        fit: the fit, whose model has the variables of the state.
        state: of the checkpoint.
    """
    model: Any = fit.model
    groups = ["model"]
    if getattr(model, "optimizer", None) is not None:
        groups.append("optimizer")
    # Within its epoch, the metrics count the batches since its beginning.
    in_same_epoch = fit.reader.in_epoch and state.epoch == fit.progress.epoch
    has_metrics = bool(state.variables["metrics"]) and in_same_epoch and not state.ended
    state.set_variables(model, [*groups, "metrics"] if has_metrics else groups)
    if fit.reader.in_epoch and not has_metrics:
        model.reset_metrics()
    state.set_hold(model)
    fit.rate.read(by_user=True)
    callbacks = fit.frame.callbacks()
    state.set_callbacks(each for each in callbacks if not isinstance(each, _COUNT_ON))


def _labels(checkpoint: protocol.Checkpoint) -> list[str]:
    """Return what users may call a checkpoint: its text, and the label in it."""
    text = checkpoint["text"]
    return [translated(text), *map(translated, text["values"])]


def _describe(differences: list[VariableDifference]) -> str:
    """Return why a state cannot be set, and nothing was changed."""
    named = "; ".join(map(str, differences[:_NAMED]))
    more = f"; … ({len(differences)})" if len(differences) > _NAMED else ""
    return t("The model has other variables than the checkpoint: %1", f"{named}{more}")
