"""Reading and setting the learning rate of a running fit. To be used on the training thread."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.language import t
from kwidgets.live.keras_internals import schedule_override


class LearningRateError(Exception):
    """The learning rate cannot be set; the message says why and what to do."""


def prepare(model: keras.Model) -> None:
    """Make ready for a rate set by hand. In on_train_begin, before the step is traced."""
    optimizer = _inner(getattr(model, "optimizer", None))
    if _is_scheduled(optimizer):
        schedule_override.install(model, optimizer)


def restore(model: keras.Model) -> None:
    """Undo :func:`prepare` when the fit has ended: nothing of ours stays in the optimizer."""
    optimizer = _inner(getattr(model, "optimizer", None))
    if _is_scheduled(optimizer):
        schedule_override.remove(model, optimizer)


def schedule_name(optimizer: Any) -> str | None:
    """Return what sets the rate in place of the user: a LearningRateSchedule's class name, say."""
    optimizer = _inner(optimizer)
    if not _is_scheduled(optimizer):
        return None
    rate = optimizer._learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return type(rate).__name__
    return getattr(rate, "__name__", "<lambda>").replace("<lambda>", t("a function"))


def is_held(model: keras.Model) -> bool:
    """Whether a rate set by hand holds in place of the schedule's."""
    hold = _hold(model)
    return hold is not None and hold.value > 0


def read_learning_rate(model: keras.Model) -> float | None:
    """Return the learning rate in force, or None if the optimizer has no such thing."""
    optimizer = _inner(getattr(model, "optimizer", None))
    rate = getattr(optimizer, "_learning_rate", None)
    if rate is None:
        return None
    hold = _hold(model)
    if hold is not None and hold.value > 0:
        return hold.value
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return float(rate(_current_value(model, optimizer._iterations)))
    if isinstance(rate, keras.Variable):
        value = _current_value(model, rate)
        try:
            return float(value)
        except TypeError:  # a variable with a part on each replica of a tf.distribute strategy
            return float(keras.ops.convert_to_numpy(value))
    return float(rate() if callable(rate) else rate)


def set_learning_rate(model: keras.Model, value: float) -> str:
    """Set the learning rate from the next step on; return what there is to say about that.

    Where a schedule sets it, ``value`` holds until :func:`follow_schedule`.

    Raises:
        LearningRateError: the optimizer has none, or a schedule that cannot be set aside.
    """
    optimizer = getattr(model, "optimizer", None)
    name = schedule_name(optimizer)
    if name is not None:
        hold = _hold(model)
        if hold is None:
            raise LearningRateError(
                t(
                    "The learning rate follows a schedule (%1) and was left as it is: under a "
                    "distribution, or with an optimizer that another running fit shares, it "
                    "cannot be set aside. Compile the model with a number as learning rate to "
                    "steer it by hand.",
                    name,
                )
            )
        retraced = hold.hold(model, value)
        told = t("%1 is set aside.", name)
        return f"{told} {t('The next step compiles anew.')}" if retraced else told
    if optimizer is None or not hasattr(optimizer, "learning_rate"):
        raise LearningRateError(
            t("The optimizer (%1) has no learning rate to set.", type(optimizer).__name__)
        )
    if hasattr(model, "jax_state_sync"):
        # In an epoch the trainer holds the values: bring them back, or ours would be lost.
        model.jax_state_sync()
    optimizer.learning_rate = value
    return ""


def follow_schedule(model: keras.Model) -> None:
    """Give the rate back to the schedule, which goes on as if it had never been left.

    Raises:
        LearningRateError: there is no schedule, or it was not set aside.
    """
    hold = _hold(model)
    if hold is None or not hold.value:
        raise LearningRateError(t("The learning rate was not taken from a schedule."))
    hold.hold(model, 0.0)


def _inner(optimizer: Any) -> Any:
    """The optimizer that holds the rate, under a LossScaleOptimizer."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _is_scheduled(optimizer: Any) -> bool:
    """Whether something else than a number sets the rate."""
    rate = getattr(optimizer, "_learning_rate", None)
    return callable(rate) and not isinstance(rate, keras.Variable)


def _hold(model: keras.Model) -> schedule_override.Hold | None:
    return schedule_override.hold_of(model, _inner(getattr(model, "optimizer", None)))


def _current_value(model: keras.Model, variable: keras.Variable) -> Any:
    # As in sampling: while a JAX epoch runs, the trainer holds the values.
    state = getattr(model, "_jax_state", None)
    if state and "optimizer_variables" in state and not getattr(model, "_jax_state_synced", True):
        for candidate, value in zip(
            model.optimizer.variables, state["optimizer_variables"], strict=True
        ):
            if candidate is variable:
                return value
    return variable.value
