"""Sample the weights of a model in training: a few thousand values a variable, in one call."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.keras_internals.layer_units import LayerUnit, layer_units
from kwidgets.insight.layers.readings import LayerInfo, LayerSample
from kwidgets.live.keras_internals.variable_values import local_value

#: The most values of a variable that are read.
MAX_VALUES: Final = 4_096
#: A smaller model is read without compiling anything: that would take longer than all readings.
SMALL_MODEL: Final = 1_000_000


def strided(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the step between the sampled values of a variable, and how many there are."""
    size = math.prod(shape)
    step = max(1, -(-size // MAX_VALUES))
    # A step that shares a factor with the last side would read some columns only.
    while step > 1 and math.gcd(step, shape[-1]) > 1:
        step += 1
    return step, -(-size // step)


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where the value of a variable is: its list in ``_jax_state``, and its number in it."""

    variable: Any
    group: str
    number: int

    def value(self, state: Any) -> Any:
        values = None if state is None else state.get(self.group)
        return values[self.number] if values else self.variable.value


class WeightsSampler:
    """Samples the weights of one model, and the gradients that its optimizer remembers.

    On its training thread, between two steps.

    Args:
        model: built, and compiled.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._variables = _ids(model)
        places = _places(model)
        units = [
            unit
            for unit in layer_units(model)
            if unit.variables and all(id(variable) in places for variable in unit.variables)
        ]
        self.infos = [_info(unit) for unit in units]
        memory = _gradient_memory(model)
        self._weights = [[places[id(v)] for v in unit.variables] for unit in units]
        self._memory = [
            [places[id(memory[id(v)])] for v in unit.variables if id(v) in memory] for unit in units
        ]
        self._read: Any = None

    @property
    def is_current(self) -> bool:
        """Whether the model has the same variables as when this was made."""
        return _ids(self._model) == self._variables

    def read(self) -> list[LayerSample]:
        """Return a sample of each layer."""
        state = present_state(self._model)
        flat = [place for places in (*self._weights, *self._memory) for place in places]
        shapes = [tuple(place.variable.shape) for place in flat]
        if self._read is None:
            size = sum(math.prod(shape) for shape in shapes)
            make = _direct if size <= SMALL_MODEL else _compiled
            self._read = make([strided(shape) for shape in shapes], flat)
        values = self._read([local_value(place.value(state)) for place in flat])
        parts = iter(np.split(values, np.cumsum([strided(shape)[1] for shape in shapes])[:-1]))
        weights = [[next(parts) for _ in places] for places in self._weights]
        memories = [[next(parts) for _ in places] for places in self._memory]
        scale = _memory_scale(self._model, state) if any(self._memory) else 1.0
        return [
            LayerSample(np.concatenate(found), _gradient(memory, info, scale))
            for info, found, memory in zip(self.infos, weights, memories, strict=True)
        ]


def present_state(model: Any) -> Any:
    """Return where the trainer of JAX has the values within an epoch; None if the variables do.

    ``Callback.model`` would attach them to the variables again, which takes longer than a step.
    """
    state = getattr(model, "_jax_state", None)
    return state if state and not getattr(model, "_jax_state_synced", True) else None


def _groups(model: Any) -> dict[str, list[Any]]:
    optimizer = getattr(model, "optimizer", None)
    return {
        "trainable_variables": list(model.trainable_variables),
        "non_trainable_variables": list(model.non_trainable_variables),
        "optimizer_variables": list(getattr(optimizer, "variables", ())),
    }


def _ids(model: Any) -> list[int]:
    return [id(variable) for group in _groups(model).values() for variable in group]


def _places(model: Any) -> dict[int, _Place]:
    return {
        id(variable): _Place(variable, group, number)
        for group, variables in _groups(model).items()
        for number, variable in enumerate(variables)
    }


def _info(unit: LayerUnit) -> LayerInfo:
    sizes = [math.prod(variable.shape) for variable in unit.variables]
    sampled = [strided(tuple(variable.shape))[1] for variable in unit.variables]
    counts = [
        np.full(n, size / max(1, n), np.float32) for size, n in zip(sizes, sampled, strict=True)
    ]
    return LayerInfo(unit.name, unit.class_name, sum(sizes), np.concatenate(counts), unit.trainable)


def _direct(plan: list[tuple[int, int]], places: list[_Place]) -> Any:
    """Return a function from values to their samples, one after the other, on the host."""

    def sample(values: list[Any]) -> NDArray[np.float32]:
        arrays = [_on_host(value).reshape(-1) for value in values]
        parts = [array[::step] for array, (step, _) in zip(arrays, plan, strict=True)]
        return np.concatenate([part.astype(np.float32) for part in parts])

    return sample


def _on_host(value: Any) -> NDArray[Any]:
    if keras.backend.backend() == "tensorflow":
        # keras.ops.convert_to_numpy copies variables in a way of which NumPy 2 warns.
        return np.asarray(value)
    return np.asarray(keras.ops.convert_to_numpy(value))


def _compiled(plan: list[tuple[int, int]], places: list[_Place]) -> Any:
    """Return the same function as :func:`_direct`, in one call on the device."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def sample(values: list[Any]) -> Any:
            parts = [v.reshape(-1)[::step] for v, (step, _) in zip(values, plan, strict=True)]
            return jax.numpy.concatenate([part.astype("float32") for part in parts])

        sample_arrays = jax.jit(sample)
        return lambda values: np.asarray(sample_arrays(values))
    if backend == "tensorflow":
        import tensorflow as tf

        variables = [place.variable.value for place in places]

        # Without arguments: to pass the variables would make a copy of each.
        def sample_variables() -> Any:
            parts = [
                tf.reshape(v, [-1])[::step] for v, (step, _) in zip(variables, plan, strict=True)
            ]
            return tf.concat([tf.cast(part, tf.float32) for part in parts], 0)

        sample_in_graph = tf.function(sample_variables, autograph=False)
        return lambda values: sample_in_graph().numpy()

    def sample_tensors(values: list[Any]) -> NDArray[np.float32]:
        import torch

        with torch.no_grad():
            parts = [
                v.detach().reshape(-1)[::step] for v, (step, _) in zip(values, plan, strict=True)
            ]
            found: NDArray[np.float32] = torch.cat([p.float() for p in parts]).cpu().numpy()
            return found

    return sample_tensors


# What the optimizer remembers of the gradients.


def _optimizer(model: Any) -> Any:
    optimizer = getattr(model, "optimizer", None)
    # A LossScaleOptimizer has the real one inside.
    return getattr(optimizer, "inner_optimizer", optimizer)


def _gradient_memory(model: Any) -> dict[int, Any]:
    """Return the mean squares of the gradients that Adam and RMSprop keep, by variable's id."""
    optimizer = _optimizer(model)
    known = keras.optimizers.Adam, keras.optimizers.Nadam, keras.optimizers.RMSprop
    if not isinstance(optimizer, known) or not getattr(optimizer, "built", False):
        return {}
    variables = getattr(optimizer, "_trainable_variables", ())
    memory = getattr(optimizer, "_velocities", ())
    kept = {id(variable) for variable in model.optimizer.variables}
    return {
        id(variable): squares
        for variable, squares in zip(variables, memory, strict=False)
        if id(squares) in kept
    }


def _memory_scale(model: Any, state: Any) -> float:
    """Return what the mean squares are to be multiplied by: they begin at zero."""
    optimizer = _optimizer(model)
    decay = getattr(optimizer, "beta_2", getattr(optimizer, "rho", None))
    if decay is None:
        return 1.0
    iterations = optimizer.iterations
    place = _places_of_optimizer(model, iterations)
    value = iterations.value if state is None or place is None else place.value(state)
    steps = max(1, int(keras.ops.convert_to_numpy(value)))
    return 1.0 / float(1 - decay**steps)


def _places_of_optimizer(model: Any, variable: Any) -> _Place | None:
    for number, each in enumerate(model.optimizer.variables):
        if each is variable:
            return _Place(variable, "optimizer_variables", number)
    return None


def _gradient(memory: list[NDArray[Any]], info: LayerInfo, scale: float) -> float | None:
    counts = info.counts
    if not memory or sum(map(len, memory)) != len(counts):
        return None
    squares = np.average(np.concatenate(memory).astype(np.float64), weights=counts)
    return float(np.sqrt(max(0.0, squares * scale))) if np.isfinite(squares) else float("nan")
