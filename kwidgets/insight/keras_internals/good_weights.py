"""Keep a copy of a model's last good weights, from which a NaN can be traced."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final

import keras
import numpy as np

from kwidgets.insight.keras_internals.differentiate import to_numpy
from kwidgets.insight.keras_internals.weights_sample import present_state
from kwidgets.live.keras_internals.variable_values import local_value

#: The most bytes of all copies.
MAX_BYTES: Final = 64_000_000


@dataclasses.dataclass(frozen=True)
class WeightsCopy:
    """The values of a model's variables after ``step``, on its device, by the variables' ids."""

    step: int
    values: dict[int, Any]

    @property
    def finite(self) -> bool:
        """Whether all values are finite. Reads all of them."""
        return all(bool(np.isfinite(to_numpy(value)).all()) for value in self.values.values())


class GoodWeights:
    """The copies of one model. On its training thread."""

    def __init__(self) -> None:
        self._copies: list[WeightsCopy] = []

    def take(self, model: Any, step: int) -> None:
        """Copy the weights after ``step``, if they fit; the copy before is kept if both do.

        Args:
            model: the model in training.
            step: of the training.
        """
        groups = {
            "trainable_variables": list(model.trainable_variables),
            "non_trainable_variables": list(model.non_trainable_variables),
        }
        size = sum(4 * math.prod(variable.shape) for group in groups.values() for variable in group)
        if not size or size > MAX_BYTES:
            self._copies.clear()
            return
        state = present_state(model)
        values: dict[int, Any] = {}
        for name, group in groups.items():
            present = None if state is None else state.get(name)
            for number, variable in enumerate(group):
                value = present[number] if present else variable.value
                values[id(variable)] = _copy(local_value(value))
        # A copy may be bad already while the loss is still finite, or has not been read yet: then
        # the one before it stays.
        kept = self._copies[-1:] if 2 * size <= MAX_BYTES else []
        if kept and len(self._copies) > 1 and not kept[0].finite:
            kept = self._copies[:1]
        self._copies = [*kept, WeightsCopy(step, values)]

    def last(self) -> WeightsCopy | None:
        """Return the last copy that is finite; None without one."""
        for copy in reversed(self._copies):
            if copy.finite:
                tensors = {id: keras.ops.convert_to_tensor(v) for id, v in copy.values.items()}
                return WeightsCopy(copy.step, tensors)
        return None

    def clear(self) -> None:
        """Drop the copies."""
        self._copies.clear()


def _copy(value: Any) -> Any:
    backend = keras.backend.backend()
    if backend == "jax":
        # The next step is given the present arrays, and destroys them.
        devices = value.devices()
        if len(devices) == 1 and next(iter(devices)).platform == "cpu":
            # A tenth of the time of JAX's copy, which is also compiled for each shape.
            return np.array(value)
        return value.copy()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.identity(value)
    return value.detach().clone()
