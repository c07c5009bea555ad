"""The learning rate that a user holds in place of a schedule, as part of a training state."""

from __future__ import annotations

from typing import Any

from kwidgets.live.keras_internals import learning_rate


def read_hold(model: Any) -> float | None:
    """Return the rate that overrides the schedule of ``model``, or None."""
    if not learning_rate.is_overridden(model):
        return None
    return learning_rate.read_learning_rate(model)


def set_hold(model: Any, rate: float | None) -> None:
    """Override the schedule by ``rate``, or follow it if that is None. On the training thread.

    Raises:
        LearningRateError: this fit cannot override its schedule.
    """
    if rate is not None:
        learning_rate.set_learning_rate(model, rate)
    elif learning_rate.is_overridden(model):
        learning_rate.follow_schedule(model)
