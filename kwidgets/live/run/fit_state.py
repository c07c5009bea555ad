"""The state of one fit, shared by the parts that read, steer, describe and end it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.kernel.running_kernel import runs_cells_here, user_namespace
from kwidgets.live import protocol
from kwidgets.live.devices.fit_devices import FitDevices
from kwidgets.live.keras_internals.continued_fit import find_previous_fit
from kwidgets.live.keras_internals.fit_frame import FitFrame
from kwidgets.live.keras_internals.metric_reader import MetricReader
from kwidgets.live.numbers.progress import FitProgress
from kwidgets.live.run.fit_status import FitStatus
from kwidgets.live.run.learning_rate_control import LearningRateControl
from kwidgets.live.run.model_name import model_name
from kwidgets.live.training_thread.error_guard import ErrorGuard


class FitState:
    """The state of one fit. To be made in ``on_train_begin``, on the training thread.

    Args:
        model: the model in training.
        params: the callback's ``params``, which Keras sets.
        options: how the view starts out.
    """

    def __init__(
        self,
        model: keras.Model,
        params: Mapping[str, Any] | None,
        options: protocol.ViewOptions,
    ) -> None:
        params = params or {}
        self.model: Any = model
        self.options = options
        # Whether the fit runs in the thread of the cells.
        self.on_main_thread = runs_cells_here()
        self.status = FitStatus()
        self.guard = ErrorGuard()
        self.frame = FitFrame()
        found = self.guard("Finding the model's name", model_name, model, user_namespace())
        self.model_name = found or str(getattr(model, "name", type(model).__name__))
        self.progress = FitProgress(
            epochs=int(params.get("epochs") or 0),
            batches=params.get("steps") or None,
            steps_per_execution=int(getattr(model, "steps_per_execution", 1) or 1),
            begins_one_too_many=keras.backend.backend() != "torch",
        )
        previous = self.guard("Looking for an earlier fit", find_previous_fit, model)
        # Whether the store begins with the numbers of the model's previous fit.
        self.continues = previous is not None
        self.reader = MetricReader(model, self.progress, previous)
        self.devices = FitDevices(self.guard)
        self.rate = LearningRateControl(model, self.frame, self.reader, self.progress, self.guard)

    def release(self) -> None:
        """Drop the references to the model: the fit has ended, and its numbers are kept."""
        self.model = None
        self.reader.release()
        self.rate.release()
