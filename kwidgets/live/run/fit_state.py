"""The state of one fit, shared by the parts that read, steer, describe and end it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import keras

from kwidgets.keras2 import is_keras2
from kwidgets.kernel.running_kernel import runs_cells_here, user_namespace
from kwidgets.language import Message
from kwidgets.live import protocol
from kwidgets.live.devices.fit_devices import FitDevices
from kwidgets.live.fit_options import DEFAULTS, FitOptions
from kwidgets.live.keras_internals.continued_fit import find_previous_fit
from kwidgets.live.keras_internals.fit_frame import FitFrame
from kwidgets.live.keras_internals.keras2_fit import (
    Keras2Sampler,
    backend_name,
    steps_per_execution,
)
from kwidgets.live.keras_internals.learning_rate import ModelLearningRate
from kwidgets.live.keras_internals.metric_reader import MetricReader
from kwidgets.live.keras_internals.metric_sampler import MetricSampler
from kwidgets.live.numbers.acts import Act
from kwidgets.live.numbers.progress import FitProgress
from kwidgets.live.run.fit_status import FitStatus
from kwidgets.live.run.learning_rate_control import LearningRateControl, LearningRateSource
from kwidgets.live.run.model_name import model_name
from kwidgets.live.training_thread.error_guard import ErrorGuard

if TYPE_CHECKING:
    from kwidgets.insight.layers.history import Layers
    from kwidgets.insight.predictions.history import Predictions


class Trainer(Protocol):
    """What ends a training early: Keras's model, or a loop."""

    stop_training: bool


@dataclasses.dataclass
class PageExtras:
    """What the observers of a training show on its page."""

    #: Sentences for the user that are no warnings.
    notes: list[str] = dataclasses.field(default_factory=list)
    #: Tags of the recorded run, such as the search that it belongs to.
    tags: list[str] = dataclasses.field(default_factory=list)
    #: Whether an earlier run may be resumed: not in a trial, whose run is one of many of its cell.
    may_resume: bool = True
    question: protocol.Question | None = None
    can_checkpoint: bool = False
    nan_guard: bool | None = None
    checkpoints: list[protocol.Checkpoint] = dataclasses.field(default_factory=list)


class FitState:
    """The state of one training: a fit, or a loop of the user's own.

    To be made on the training thread.

    Args:
        model: the model in training; an object in its place if there is none.
        trainer: its ``stop_training`` ends the training after the running step.
        frame: identifies the call of ``fit`` that is calling us.
        options: how the view starts out.
        progress: counts the steps and epochs.
        reader: reads the metrics.
        rate: the learning rate.
        guard: calls what may fail.
        continues: whether the reader's store begins with the numbers of an earlier fit.
        fit_options: what the user wants of the fit.
    """

    def __init__(
        self,
        *,
        model: Any,
        trainer: Trainer,
        frame: FitFrame,
        options: protocol.ViewOptions,
        progress: FitProgress,
        reader: MetricReader,
        rate: LearningRateSource,
        guard: ErrorGuard,
        continues: bool = False,
        fit_options: FitOptions = DEFAULTS,
    ) -> None:
        self.model = model
        self.trainer: Trainer | Any = trainer
        self.options = options
        self.fit_options = fit_options
        # Whether the fit runs in the thread of the cells.
        self.on_main_thread = runs_cells_here()
        self.status = FitStatus()
        self.guard = guard
        self.frame = frame
        self.progress = progress
        self.continues = continues
        self.reader = reader
        #: What was done to the training.
        self.acts: list[Act] = []
        self.extras = PageExtras()
        #: What the model predicts, from an observer; None where nothing reads it.
        self.predictions: Predictions | None = None
        #: The layers of the model, from an observer; None where nothing reads them.
        self.layers: Layers | None = None
        # Why an observer has ended the training.
        self.end_reason: Message | None = None
        self.devices = FitDevices(guard)
        self.rate = LearningRateControl(rate, frame, reader, progress, guard)
        # What the view shows of the model.
        found = guard("Finding the model's name", model_name, model, user_namespace())
        self.model_name = found or str(getattr(model, "name", type(model).__name__))
        self.optimizer_name = type(getattr(model, "optimizer", None)).__name__
        self.backend = backend_name(model)

    def release(self) -> None:
        """Drop the references to the model: the fit has ended, and its numbers are kept."""
        self.model = None
        self.trainer = None
        self.reader.release()
        self.rate.release()


def state_of_fit(
    model: keras.Model,
    params: Mapping[str, Any] | None,
    options: protocol.ViewOptions,
    fit_options: FitOptions = DEFAULTS,
) -> FitState:
    """Return the state of a fit that begins. In ``on_train_begin``.

    Args:
        model: the model in training.
        params: the callback's ``params``, which Keras sets.
        options: how the view starts out.
        fit_options: what the user wants of the fit.
    """
    params = params or {}
    guard = ErrorGuard()
    progress = FitProgress(
        epochs=int(params.get("epochs") or 0),
        batches=params.get("steps") or None,
        steps_per_execution=steps_per_execution(model),
        begins_one_too_many=is_keras2(model) or keras.backend.backend() != "torch",
    )
    sampler = Keras2Sampler if is_keras2(model) else MetricSampler
    previous = guard("Searching for an earlier fit", find_previous_fit, model)
    return FitState(
        model=model,
        trainer=model,
        frame=FitFrame(),
        options=options,
        progress=progress,
        reader=MetricReader(model, progress, previous, sampler),
        rate=ModelLearningRate(model),
        guard=guard,
        continues=previous is not None,
        fit_options=fit_options,
    )
