"""The variables of a model in training by their position, and how two models differ in them.

Keras names variables by counting: the second model that a kernel builds has ``dense_2/kernel``
where the first has ``dense/kernel``. So a checkpoint keeps them in the model's order, and of their
paths only the end is compared, without the counted numbers.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from kwidgets.live.keras_internals.schedule_override import OVERRIDE_NAME
from kwidgets.recurrent_states import recurrent_states

#: What a training changes: weights and seeds; the optimizer's state; the metrics of the epoch.
GROUPS: Final = ("model", "optimizer", "metrics")

_COUNTED = re.compile(r"_\d+(?=[_/]|$)")


@dataclasses.dataclass(frozen=True)
class VariableInfo:
    """What is known of a variable without its value."""

    path: str
    shape: tuple[int, ...]
    dtype: str

    @classmethod
    def of(cls, variable: Any) -> VariableInfo:
        return cls(str(variable.path), tuple(map(int, variable.shape)), str(variable.dtype))

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> VariableInfo:
        path, shape, dtype = value
        return cls(str(path), tuple(map(int, shape)), str(dtype))

    def as_json(self) -> list[Any]:
        return [self.path, list(self.shape), self.dtype]

    def __str__(self) -> str:
        return f"{self.path} {self.dtype}{list(self.shape)}"

    def matches(self, other: VariableInfo) -> bool:
        """Return whether both are the same variable of the same architecture."""
        return (
            _path_end(self.path) == _path_end(other.path)
            and self.shape == other.shape
            and _kind(self.dtype) == _kind(other.dtype)
        )


def _kind(dtype: str) -> str:
    """Return a type, the same for the integers with which backends count steps."""
    return "int" if dtype in ("int32", "int64") else dtype


def _path_end(path: str) -> list[str]:
    """Return the layer and the variable; of a slot ``adam/model_dense_kernel_momentum`` the kind.

    A slot has the names of the model and its layers in one word, whatever characters they have.
    """
    *parents, name = _COUNTED.sub("", path).split("/")
    if name in ("kernel", "bias") or "_" not in name:
        return [*parents[-1:], name]
    return [name.rsplit("_", 1)[1]]


@dataclasses.dataclass(frozen=True)
class VariableDifference:
    """A position at which two models have different variables; None where one has no more."""

    group: str
    saved: VariableInfo | None
    present: VariableInfo | None

    def __str__(self) -> str:
        return f"{self.group}: {self.saved or '–'} → {self.present or '–'}"


def variables_of(model: Any) -> dict[str, list[Any]]:
    """Return the variables of ``model`` by group, in the order in which a checkpoint has them.

    On JAX, within an epoch, ``model.jax_state_sync()`` has to be called before their values are
    read.
    """
    optimizer = getattr(model, "optimizer", None)
    return {
        "model": [
            *model.variables,
            *(state for layer in _stateful_layers(model) for state in recurrent_states(layer)),
        ],
        "optimizer": [
            variable
            for variable in (() if optimizer is None else optimizer.variables)
            # That of the live view is no part of the optimizer: see learning_rate_hold.
            if getattr(variable, "name", "") != OVERRIDE_NAME
        ],
        "metrics": list(getattr(model, "metrics_variables", ())),
    }


def _stateful_layers(model: Any) -> list[Any]:
    layers = model._flatten_layers() if hasattr(model, "_flatten_layers") else ()
    return [layer for layer in layers if getattr(layer, "stateful", False) is True]


def differences(
    group: str, saved: Iterable[VariableInfo], present: Iterable[VariableInfo]
) -> list[VariableDifference]:
    """Return where two lists of variables differ, by position."""
    saved, present = list(saved), list(present)
    found = []
    for index in range(max(len(saved), len(present))):
        one = saved[index] if index < len(saved) else None
        other = present[index] if index < len(present) else None
        if one is None or other is None or not one.matches(other):
            found.append(VariableDifference(group, one, other))
    return found
