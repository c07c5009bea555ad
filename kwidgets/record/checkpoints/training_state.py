"""A copy of all that a training needs to go on from a step: ``TrainingState``.

It is taken and given back on the training thread, between two steps. It holds plain JSON and NumPy
arrays only, and knows the variables by their position.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kwidgets.live.keras_internals.variable_values import sync_variables
from kwidgets.record.checkpoints.callback_state import CallbackState, read_callbacks, set_callbacks
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.host_arrays import host_array, start_transfer
from kwidgets.record.checkpoints.learning_rate_hold import read_hold, set_hold
from kwidgets.record.checkpoints.plain_values import decode, encode
from kwidgets.record.checkpoints.random_state import read_random_state, set_random_state
from kwidgets.record.checkpoints.variables import (
    GROUPS,
    VariableDifference,
    VariableInfo,
    differences,
    variables_of,
)

Arrays = dict[str, np.ndarray]


class ArchitectureError(Exception):
    """A state belongs to a model with other variables.

    Args:
        differences: where the two differ.
    """

    def __init__(self, differences: Sequence[VariableDifference]) -> None:
        super().__init__("; ".join(map(str, differences[:5])))
        self.differences = list(differences)


@dataclasses.dataclass(frozen=True)
class TrainingState:
    """The state of a training before one of its steps.

    Attributes:
        arrays: the values of the variables by ``model/0``, ``optimizer/3``, ``metrics/1``, and the
            arrays of the rest. They may lie in buffers that are used again: see ``HostBuffers``.
        variables: what the variables are, by group and position.
        epoch: Keras's number of the epoch, from 0.
        batch: Keras's number of the step in that epoch that is next, from 0.
        ended: whether the training had ended, with ``epoch`` the first that it did not train.
        rest: the place in the data, random states, callbacks and a held learning rate, as JSON.
    """

    arrays: Arrays
    variables: Mapping[str, Sequence[VariableInfo]]
    epoch: int
    batch: int
    ended: bool
    rest: dict[str, Any]

    @property
    def num_bytes(self) -> int:
        return sum(array.nbytes for array in self.arrays.values())

    def differences(self, model: Any) -> list[VariableDifference]:
        """Return where ``model`` has other variables than the state.

        An optimizer that is not built yet has no variables to compare; nor have metrics.
        """
        present = variables_of(model)
        optimizer_is_built = bool(getattr(getattr(model, "optimizer", None), "built", True))
        groups = [
            group
            for group in GROUPS
            if group == "model"
            or (group == "optimizer" and optimizer_is_built)
            or (group == "metrics" and len(present[group]) >= len(self.variables[group]))
        ]
        return self._differences(present, groups)

    def _differences(
        self, present: Mapping[str, Iterable[Any]], groups: Iterable[str]
    ) -> list[VariableDifference]:
        # On TensorFlow the first step makes the variables of optimizer and metrics. Of a state from
        # before it, they are what they are at first.
        was_built = self.rest.get("is_built", True)
        return [
            difference
            for group in groups
            for difference in differences(
                group, self.variables[group], map(VariableInfo.of, present[group])
            )
            if was_built or group == "model" or difference.saved is not None
        ]

    def set_variables(self, model: Any, groups: Iterable[str] = GROUPS) -> None:
        """Give the variables of ``model`` the values of the state. On the training thread.

        Raises:
            ArchitectureError: the model has other variables; none was changed.
        """
        sync_variables(model)
        present = variables_of(model)
        groups = list(groups)
        found = self._differences(present, groups)
        if found:
            raise ArchitectureError(found)
        for group in groups:
            saved = len(self.variables[group])
            for index, variable in enumerate(present[group][:saved]):
                variable.assign(self.arrays[f"{group}/{index}"])

    def set_hold(self, model: Any) -> None:
        """Override the schedule as the state says, or follow it."""
        set_hold(model, self.rest["held_learning_rate"])

    def set_callbacks(self, callbacks: Iterable[object]) -> list[str]:
        """Set the state of callbacks; return the names of those that begin anew."""
        return set_callbacks(callbacks, self.callbacks, self.arrays)

    @property
    def callbacks(self) -> list[CallbackState]:
        return [CallbackState.from_json(value) for value in self.rest["callbacks"]]

    @property
    def place(self) -> dict[str, Any]:
        """The place in the data, as :meth:`FitData.place` returns it; empty if not known."""
        place: dict[str, Any] = decode(self.rest["place"], self.arrays)
        return place

    def set_random_state(self) -> None:
        """Set the random states of the process."""
        set_random_state(decode(self.rest["random"], self.arrays))


class HostBuffers:
    """Memory for the variables of one state, used again: new memory costs ten times the copy.

    A buffer is taken on the training thread, and given back by the thread that has written it.
    """

    def __init__(self) -> None:
        self._arrays: Arrays = {}
        self._free = threading.Event()
        self._free.set()

    @property
    def free(self) -> bool:
        return self._free.is_set()

    def take(self) -> None:
        self._free.clear()

    def give_back(self) -> None:
        self._free.set()

    def copy(self, name: str, value: np.ndarray) -> np.ndarray:
        """Return a copy of ``value`` in the buffer of that name."""
        buffer = self._arrays.get(name)
        if buffer is None or buffer.shape != value.shape or buffer.dtype != value.dtype:
            buffer = self._arrays[name] = np.empty(value.shape, value.dtype)
        np.copyto(buffer, value)
        return buffer


def num_bytes(model: Any) -> int:
    """Return how many bytes the variables of ``model`` have."""
    return sum(
        int(np.prod(variable.shape)) * _item_bytes(variable)
        for group in variables_of(model).values()
        for variable in group
    )


def read_state(
    model: Any,
    epoch: int,
    batch: int,
    *,
    data: FitData | None = None,
    callbacks: Iterable[object] = (),
    buffers: HostBuffers | None = None,
    folder: Path | None = None,
    ended: bool = False,
) -> TrainingState:
    """Return the state of a training. On its thread, in ``on_train_batch_begin`` or its end.

    Args:
        model: the model in training.
        epoch: Keras's number of the epoch.
        batch: Keras's number of the step that begins.
        data: the data of the fit, for its place.
        callbacks: those of the fit.
        buffers: hold the values of the variables. Without them, the values may be the memory of
            the variables themselves: for who is done with them before the next step.
        folder: gets the state of TensorFlow's iterator.
        ended: whether the training has ended.
    """
    # On JAX the next step takes the memory of the variables away: all is read before it begins.
    sync_variables(model)
    present = variables_of(model)
    for group in GROUPS:
        for variable in present[group]:
            start_transfer(variable.value)
    arrays: Arrays = {}
    for group in GROUPS:
        for index, variable in enumerate(present[group]):
            name = f"{group}/{index}"
            value = host_array(variable.value)
            arrays[name] = value if buffers is None else buffers.copy(name, value)
    place = {} if data is None else data.place(folder, ended)
    return TrainingState(
        arrays=arrays,
        variables={
            group: [VariableInfo.of(variable) for variable in present[group]] for group in GROUPS
        },
        epoch=epoch,
        batch=batch,
        ended=ended,
        rest={
            "random": encode(read_random_state(), arrays, "random"),
            "place": encode(place, arrays, "place"),
            "callbacks": [dataclasses.asdict(state) for state in read_callbacks(callbacks, arrays)],
            "held_learning_rate": read_hold(model),
            "is_built": bool(getattr(getattr(model, "optimizer", None), "built", True)),
        },
    )


def _item_bytes(variable: Any) -> int:
    import ml_dtypes

    name = str(variable.dtype)
    return np.dtype(getattr(ml_dtypes, name, name)).itemsize
