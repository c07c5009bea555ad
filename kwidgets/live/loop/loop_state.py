"""The state of a training loop of the user's own, made of the same parts as that of a fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import keras

from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.keras_internals.fit_frame import FitFrame
from kwidgets.live.keras_internals.metric_reader import MetricReader
from kwidgets.live.keras_internals.metric_sampler import direction_of, named_metrics
from kwidgets.live.loop.logged_values import LoggedValues
from kwidgets.live.loop.optimizers import LoopLearningRate
from kwidgets.live.numbers.progress import FitProgress
from kwidgets.live.run.fit_state import FitState
from kwidgets.live.training_thread.error_guard import ErrorGuard


class LoopTrainer:
    """Stands for a loop, as Keras's model does for a fit: ``stop_training`` ends the loop."""

    def __init__(self) -> None:
        self.stop_training = False


class LoopProgress(FitProgress):
    """Count the steps of a loop, which reports how many were finished.

    Its ``epochs`` is 0 while the number of epochs is unknown. What follows the steps of an epoch is
    not part of the speed, like a validation, but is called one only if it is known to be one.
    """

    #: Whether the steps of the epoch are done.
    after_steps = False

    @property
    def validating_seconds(self) -> float:
        return self.clock.seconds() - self._validation_began if self.after_steps else 0.0

    @property
    def total_steps(self) -> int | None:
        return super().total_steps if self.epochs else None

    def begin_epoch(self, epoch: int) -> None:
        super().begin_epoch(epoch)
        if self.epochs:
            self.epochs = max(self.epochs, epoch + 1)

    def end_steps(self, validates: bool) -> None:
        """Note that the steps of the epoch are done, and whether a validation follows."""
        self.begin_validation()
        self.after_steps = True
        self.phase = "validating" if validates else "training"

    def end_validation(self) -> None:
        """Note that further steps or the next epoch begin."""
        if self.after_steps:
            super().end_validation()
            self.after_steps = False
            self.phase = "training"

    def end_training_of_epoch(self, cut_short: bool = False) -> None:
        """Do nothing: the loop has counted its last batch."""


class LoopState(FitState):
    """The state of one loop.

    Args:
        epochs: how many there are to be, if that is known.
        steps: how many each of them has, if that is known.
        model: what is trained, if there is one such object.
        optimizers: by name.
        name: what the view calls the training; None to take the model's.
        options: how the view starts out.
    """

    def __init__(
        self,
        *,
        epochs: int | None,
        steps: int | None,
        model: Any,
        optimizers: Mapping[str, Any],
        name: str | None,
        options: protocol.ViewOptions,
    ) -> None:
        guard = ErrorGuard()
        self.values = LoggedValues(_directions(model), guard.failures)
        self.learning_rate = LoopLearningRate(optimizers)
        self.progress: LoopProgress
        progress = LoopProgress(epochs=epochs or 0, batches=steps)
        self.loop_trainer = trainer = LoopTrainer()
        super().__init__(
            model=trainer if model is None else model,
            trainer=trainer,
            frame=FitFrame(is_loop=True),
            options=options,
            progress=progress,
            reader=MetricReader(model, progress, None, lambda _: self.values),
            rate=self.learning_rate,
            guard=guard,
        )
        if name or not isinstance(model, keras.Model):
            self.model_name = name or _model_name(model)
        kinds = [type(optimizer).__name__ for optimizer in self.learning_rate.optimizers.values()]
        self.optimizer_name = ", ".join(dict.fromkeys(kinds))
        self.backend = _backend(model, *optimizers.values())


def _directions(model: Any) -> Callable[[str], Literal["min", "max"] | None]:
    """Return a function which says whether lower or higher values of a metric are better."""
    known = {}
    if isinstance(model, keras.Model):
        known = dict(named_metrics(model))

    def find(name: str) -> Literal["min", "max"] | None:
        direction: Literal["min", "max"] | None = direction_of(name, known.get(name))
        return direction or ("max" if name in ("acc", "accuracy") else None)

    return find


def _model_name(model: Any) -> str:
    if model is None:
        return t("Training loop")
    name = getattr(model, "name", None)
    return name if isinstance(name, str) else type(model).__name__


def _backend(*objects: Any) -> str:
    """Return what computes: PyTorch, if one of the objects is its; else Keras's backend."""
    modules = {cls.__module__.partition(".")[0] for o in objects for cls in type(o).__mro__}
    return "torch" if "torch" in modules else str(keras.backend.backend())
