"""A LivePlot whose view is shown inside another widget instead of a cell's output."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import keras

from kwidgets.live.callback import LivePlot
from kwidgets.live.keras_internals.fit_errors import describe_error
from kwidgets.live.keras_internals.learning_rate import (
    LearningRateError,
    read_learning_rate,
    set_learning_rate,
)
from kwidgets.live.numbers.acts import Act
from kwidgets.live.page.cell_output import ShownView as ShownView
from kwidgets.live.page.cell_output import ViewTarget
from kwidgets.live.training_thread.command_queue import Command


class EmbeddedLivePlot(LivePlot):
    """Watch one fit and show its view in ``target``.

    Call :meth:`before_fit`, then ``fit`` with this callback, then :meth:`after_fit`.

    Args:
        target: shows the view.
    """

    def __init__(self, target: ViewTarget) -> None:
        super().__init__()
        self.failure = ""
        self._target = target
        self._learning_rate: float | None = None
        # Commands sent before the fit's on_train_begin.
        self._early: list[Command] = []
        self._early_lock = threading.Lock()

    def before_fit(self, model: keras.Model) -> None:
        """Record the learning rate of ``model``."""
        self._learning_rate = read_learning_rate(model)

    def after_fit(self, model: keras.Model, error: BaseException | None = None) -> None:
        """Show why the fit failed, and undo changes of the learning rate by the user.

        Args:
            model: the model that was trained.
            error: the exception that ended the fit, which Keras does not pass to callbacks.
        """
        if error is not None:
            self.failure = describe_error(error)
            if self._run is not None:
                self._run.abandon(error)
        steered = self._run is not None and self._run.steered
        if steered and self._learning_rate is not None:
            # A rate set by hand is for one training: the next begins with that of compile.
            with contextlib.suppress(LearningRateError):
                set_learning_rate(model, self._learning_rate)

    @property
    def acts(self) -> tuple[Act, ...]:
        """What was done to the fit so far."""
        return () if self._run is None else tuple(self._run.state.acts)

    @property
    def has_schedule(self) -> bool:
        """Whether a schedule or a function sets the learning rate of the fit."""
        return self._run is not None and self._run.state.rate.schedule is not None

    def bundle(self) -> dict[str, Any] | None:
        """Return a mime bundle that shows the run without a kernel, or None before it begins."""
        return None if self._run is None else self._run.bundle()

    def _view_target(self) -> ViewTarget:
        return self._target

    def _submit(self, command: Command) -> None:
        with self._early_lock:
            if self._run is None:
                self._early.append(command)
                return
        super()._submit(command)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        with self._early_lock:
            early, self._early = self._early, []
        for command in early:
            super()._submit(command)
