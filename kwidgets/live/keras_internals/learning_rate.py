"""Read and set the learning rate of a running fit. To be used on the training thread."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.keras2 import is_keras2
from kwidgets.language import Message, message, t, translated
from kwidgets.live.keras_internals import schedule_override
from kwidgets.live.keras_internals.variable_values import local_value, sync_variables


class LearningRateError(Exception):
    """The learning rate cannot be set; the message says why and what to do."""


def prepare(model: keras.Model) -> None:
    """Prepare for a rate set by hand. In on_train_begin, before the step is traced."""
    optimizer = _inner_optimizer(getattr(model, "optimizer", None))
    if _is_scheduled(optimizer):
        schedule_override.install(model, optimizer)


def restore(model: keras.Model) -> None:
    """Undo :func:`prepare` when the fit has ended: the optimizer is as it was."""
    optimizer = _inner_optimizer(getattr(model, "optimizer", None))
    if _is_scheduled(optimizer):
        schedule_override.remove(model, optimizer)


def schedule_name(optimizer: Any) -> str | Message | None:
    """Return the name of the schedule or function that sets the rate, or None."""
    optimizer = _inner_optimizer(optimizer)
    if not _is_scheduled(optimizer):
        return None
    rate = optimizer._learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return type(rate).__name__
    name = str(getattr(rate, "__name__", type(rate).__name__))
    return message("a function") if name == "<lambda>" else name


def is_overridden(model: keras.Model) -> bool:
    """Return whether a rate set by hand overrides the schedule."""
    override = _override(model)
    return override is not None and override.value > 0


def read_learning_rate(model: keras.Model) -> float | None:
    """Return the current learning rate, or None if the optimizer has none."""
    optimizer = _inner_optimizer(getattr(model, "optimizer", None))
    rate = getattr(optimizer, "_learning_rate", None)
    if rate is None:
        return None
    if is_keras2(optimizer):
        return float(optimizer.learning_rate)
    override = _override(model)
    if override is not None and override.value > 0:
        return override.value
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return float(rate(_current_value(model, optimizer._iterations)))
    if isinstance(rate, keras.Variable):
        value = _current_value(model, rate)
        try:
            return float(value)
        except TypeError:  # a variable with a part on each replica of a tf.distribute strategy
            return float(keras.ops.convert_to_numpy(value))
    return float(rate() if callable(rate) else rate)


def read_iterations(model: keras.Model) -> int | None:
    """Return the count of updates that a schedule gets, or None if the optimizer has none."""
    optimizer = _inner_optimizer(getattr(model, "optimizer", None))
    # Not iterations, which counts groups of accumulated gradients.
    count = getattr(optimizer, "_iterations", None)
    if not isinstance(count, keras.Variable):
        return None
    return int(keras.ops.convert_to_numpy(_current_value(model, count)))


def set_learning_rate(model: keras.Model, value: float) -> str:
    """Set the learning rate from the next step on; return a note for the user, or "".

    It overrides a schedule until :func:`follow_schedule`.

    Raises:
        LearningRateError: the optimizer has none, or a schedule that cannot be overridden.
    """
    optimizer = getattr(model, "optimizer", None)
    name = schedule_name(optimizer)
    if name is not None:
        override = _override(model)
        if override is None:
            raise LearningRateError(
                t(
                    "Cannot set the learning rate: the schedule (%1) cannot be overridden under "
                    "a distribution, or if another running fit uses the same optimizer. To set "
                    "it, compile the model with a number as learning rate.",
                    translated(name),
                )
            )
        retraced = override.set_rate(model, value)
        note = t("%1 is overridden.", name)
        return f"{note} {t('The next step is compiled again.')}" if retraced else note
    if optimizer is None or not hasattr(optimizer, "learning_rate"):
        raise LearningRateError(
            t("The learning rate of this optimizer (%1) cannot be set.", type(optimizer).__name__)
        )
    sync_variables(model)  # or ours would be lost
    optimizer.learning_rate = value
    return ""


def follow_schedule(model: keras.Model) -> None:
    """Let the schedule set the rate again, as if it had always done so.

    Raises:
        LearningRateError: there is no schedule, or it was not overridden.
    """
    override = _override(model)
    if override is None or not override.value:
        raise LearningRateError(t("No schedule has been overridden."))
    override.set_rate(model, 0.0)


def _inner_optimizer(optimizer: Any) -> Any:
    """Return the optimizer that has the rate: the one inside a LossScaleOptimizer."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _is_scheduled(optimizer: Any) -> bool:
    """Return whether a schedule or a function sets the rate."""
    rate = getattr(optimizer, "_learning_rate", None)
    return callable(rate) and not isinstance(rate, keras.Variable)


def _override(model: keras.Model) -> schedule_override.ScheduleOverride | None:
    return schedule_override.override_of(model, _inner_optimizer(getattr(model, "optimizer", None)))


def _current_value(model: keras.Model, variable: keras.Variable) -> Any:
    # While a JAX epoch runs, the trainer has the values.
    state = getattr(model, "_jax_state", None)
    if state and "optimizer_variables" in state and not getattr(model, "_jax_state_synced", True):
        for candidate, value in zip(
            model.optimizer.variables, state["optimizer_variables"], strict=True
        ):
            if candidate is variable:
                return local_value(value)
    return local_value(variable.value)


class ModelLearningRate:
    """The learning rate of the model that a fit trains, which has one optimizer."""

    names: tuple[str, ...] = ()
    chosen = ""

    def __init__(self, model: keras.Model) -> None:
        self._model = model

    def prepare(self) -> None:
        prepare(self._model)

    def restore(self) -> None:
        restore(self._model)

    def schedule_name(self) -> str | Message | None:
        return schedule_name(getattr(self._model, "optimizer", None))

    def is_overridden(self) -> bool:
        return is_overridden(self._model)

    def read(self) -> float | None:
        return read_learning_rate(self._model)

    def iterations(self) -> int | None:
        return read_iterations(self._model)

    def set(self, value: float) -> str:
        return set_learning_rate(self._model, value)

    def follow_schedule(self) -> None:
        follow_schedule(self._model)
