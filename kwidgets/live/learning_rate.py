"""Reading and setting the learning rate of a running fit. To be used on the training thread."""

from __future__ import annotations

from typing import Any

import keras


class LearningRateError(Exception):
    """The learning rate cannot be set; the message says why and what to do."""


def schedule_name(optimizer: Any) -> str | None:
    """Return the class name of the LearningRateSchedule that sets the rate, if one does."""
    schedule = _schedule(optimizer)
    return None if schedule is None else type(schedule).__name__


def read_learning_rate(model: keras.Model) -> float | None:
    """Return the learning rate in force, or None if the optimizer has no such thing."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return None
    schedule = _schedule(optimizer)
    if schedule is not None:
        return float(schedule(_current_value(model, optimizer.iterations)))
    rate = _inner(optimizer)._learning_rate
    if isinstance(rate, keras.Variable):
        value = _current_value(model, rate)
        try:
            return float(value)
        except TypeError:  # a variable with a part on each replica of a tf.distribute strategy
            return float(keras.ops.convert_to_numpy(value))
    return float(rate() if callable(rate) else rate)


def set_learning_rate(model: keras.Model, value: float) -> None:
    """Set the learning rate from the next step on.

    Raises:
        LearningRateError: a schedule sets it, or the optimizer has none.
    """
    optimizer = getattr(model, "optimizer", None)
    name = schedule_name(optimizer)
    if name is not None:
        raise LearningRateError(
            f"The learning rate follows a schedule ({name}) and was left as it is. "
            "To steer it by hand, compile the model with a number as learning rate."
        )
    if optimizer is None or not hasattr(optimizer, "learning_rate"):
        raise LearningRateError(
            f"The optimizer ({type(optimizer).__name__}) has no learning rate to set."
        )
    if keras.backend.backend() == "jax" and hasattr(model, "jax_state_sync"):
        # In an epoch the trainer holds the values: bring them back, or ours would be lost.
        model.jax_state_sync()
    optimizer.learning_rate = value


def _inner(optimizer: Any) -> Any:
    """The optimizer that holds the rate, under a LossScaleOptimizer."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _schedule(optimizer: Any) -> Any | None:
    rate = getattr(_inner(optimizer), "_learning_rate", None)
    return rate if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) else None


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


def prepare(model):
    pass


def restore(model):
    pass


def is_held(model):
    return False


def follow_schedule(model):
    pass
