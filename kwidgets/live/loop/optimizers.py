"""Read and set the learning rate of the optimizers that a training loop has.

Recognized by their features: Keras's have ``learning_rate``, PyTorch's have ``param_groups``.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

from kwidgets.language import Message, t, translated
from kwidgets.live.keras_internals.learning_rate import (
    LearningRateError,
    read_learning_rate,
    schedule_name,
    set_learning_rate,
)


def check_optimizers(optimizer: Any) -> dict[str, Any]:
    """Return the optimizers by name; a single one has the name "".

    Raises:
        TypeError: one of them has no learning rate.
    """
    named = dict(optimizer) if isinstance(optimizer, Mapping) else {"": optimizer}
    for name, value in named.items():
        if not isinstance(name, str) or not _has_rate(value):
            raise TypeError(
                "optimizer must be a Keras or PyTorch optimizer, an object with a learning_rate, "
                f"or a dict of these by name; got {type(value).__name__}. Omit it to train "
                "without a Learning rate control."
            )
    return named


class LoopLearningRate:
    """The learning rate of the optimizer that is steered, one of a loop's.

    Args:
        optimizers: by name; the first one is steered until another one is chosen.
    """

    def __init__(self, optimizers: Mapping[str, Any]) -> None:
        self.optimizers = dict(optimizers)
        self.chosen = next(iter(self.optimizers), "")
        self._iterations = {name: _iterations(o) for name, o in self.optimizers.items()}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.optimizers) if len(self.optimizers) > 1 else ()

    @property
    def _optimizer(self) -> Any:
        return self.optimizers.get(self.chosen)

    def prepare(self) -> None:
        """Do nothing: a step that is compiled already would not see it."""

    def restore(self) -> None:
        """Do nothing."""

    def schedule_name(self) -> str | Message | None:
        return schedule_name(self._optimizer)

    def is_overridden(self) -> bool:
        return False

    def read(self) -> float | None:
        optimizer = self._optimizer
        if hasattr(optimizer, "param_groups"):
            return float(optimizer.param_groups[0]["lr"])
        if hasattr(optimizer, "_learning_rate"):
            return read_learning_rate(types.SimpleNamespace(optimizer=optimizer))
        return None if optimizer is None else float(optimizer.learning_rate)

    def iterations(self) -> int | None:
        return None

    def set(self, value: float) -> str:
        optimizer = self._optimizer
        name = schedule_name(optimizer)
        if name is not None:
            raise LearningRateError(
                t(
                    "The learning rate follows a schedule (%1). To set it, create the optimizer "
                    "with a number as learning rate.",
                    translated(name),
                )
            )
        if optimizer is None:
            raise LearningRateError(
                t("This loop has no optimizer. Pass one with LiveLoop(optimizer=...).")
            )
        if hasattr(optimizer, "param_groups"):
            return _set_groups(optimizer.param_groups, value)
        before = self._iterations[self.chosen]
        if before is not None and before == _iterations(optimizer) and _is_jax(optimizer):
            raise LearningRateError(
                t(
                    "This optimizer has not taken a step yet. The learning rate cannot be set "
                    "in a loop that keeps the optimizer's variables itself."
                )
            )
        if hasattr(optimizer, "_learning_rate"):
            return set_learning_rate(types.SimpleNamespace(optimizer=optimizer), value)
        optimizer.learning_rate = value
        return ""

    def follow_schedule(self) -> None:
        raise LearningRateError(t("No schedule has been overridden."))


def _has_rate(optimizer: Any) -> bool:
    return hasattr(optimizer, "learning_rate") or bool(getattr(optimizer, "param_groups", None))


def _set_groups(groups: list[dict[str, Any]], value: float) -> str:
    """Set the rate of the first group, and those of the others in proportion."""
    first = float(groups[0]["lr"])
    for i, group in enumerate(groups):
        rate = value * float(group["lr"]) / first if i and first else value
        if hasattr(group["lr"], "fill_"):  # a tensor, which a compiled step reads
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
    if any("initial_lr" in group for group in groups):
        return t("The loop's learning rate scheduler may change it again.")
    return ""


def _iterations(optimizer: Any) -> int | None:
    """Return the number of steps that a Keras optimizer has made; None for others."""
    variable = getattr(optimizer, "_iterations", None)
    return None if variable is None else int(variable)


def _is_jax(optimizer: Any) -> bool:
    return type(optimizer._iterations.value).__module__.partition(".")[0][:3] == "jax"
