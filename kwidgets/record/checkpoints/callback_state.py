"""Read and set the state of callbacks, so that they go on instead of beginning anew.

Keras's callbacks forget at ``on_train_begin``, and some of their attributes must not be set, such
as ``min_delta``, whose sign a callback changes at its first use. So the attributes are listed here
for each class. A callback of another class may have the methods ``get_state()``, which returns
plain values and arrays, and ``set_state(state)``.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np

from kwidgets.record.checkpoints import csv_logger_state
from kwidgets.record.checkpoints.plain_values import UnsupportedValueError, decode, encode

_BASE = frozenset(vars(keras.callbacks.Callback()))


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: The attributes that are state, by class.
_STATE: dict[type, tuple[str, ...]] = {
    keras.callbacks.EarlyStopping: _names("wait best best_weights best_epoch stopped_epoch"),
    keras.callbacks.ReduceLROnPlateau: _names("wait best cooldown_counter"),
    keras.callbacks.ModelCheckpoint: _names(
        "best _batches_seen_since_last_saving _last_batch_seen"
    ),
    keras.callbacks.History: _names("history epoch"),
    keras.callbacks.TensorBoard: _names("_global_train_batch _global_test_batch"),
    keras.callbacks.SwapEMAWeights: _names("_ema_weights_in_model"),
}
#: Those of Keras that have none, or restart it in each epoch.
_STATELESS: tuple[type, ...] = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ProgbarLogger,
    keras.callbacks.RemoteMonitor,
    keras.callbacks.TerminateOnNaN,
)
_OWN_MODULE = "kwidgets."


@dataclasses.dataclass(frozen=True)
class CallbackState:
    """The state of one callback, by its class and the how-many-eth of that class it is."""

    name: str
    index: int
    #: As JSON, or None if the callback has no state.
    state: Any = None
    #: Why the callback begins anew although it may have state, such as "get_state failed", or "".
    problem: str = ""

    @property
    def key(self) -> tuple[str, int]:
        return self.name, self.index

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> CallbackState:
        return cls(value["name"], value["index"], value["state"], value["problem"])


def read_callbacks(
    callbacks: Iterable[object], arrays: dict[str, np.ndarray]
) -> list[CallbackState]:
    """Return the states of the callbacks of a fit, and add their arrays to ``arrays``."""
    return [_read(callback, *key, arrays) for callback, key in callback_keys(callbacks)]


def set_callbacks(
    callbacks: Iterable[object], states: Iterable[CallbackState], arrays: Any
) -> list[str]:
    """Set the states of the callbacks of a fit; return the names of those that begin anew."""
    saved = {state.key: state for state in states}
    anew = []
    for callback, key in callback_keys(callbacks):
        state = saved.get(key)
        if state is None or state.problem:
            if state is not None or not is_stateless(callback):
                anew.append(key[0])
        elif state.state is not None:
            try:
                _set(callback, decode(state.state, arrays))
            except Exception:  # of the user's set_state
                anew.append(key[0])
    return anew


def is_stateless(callback: object) -> bool:
    """Return whether a callback has nothing that a resumed fit would have to set."""
    cls = type(callback)
    if cls in _STATELESS or cls.__module__.startswith(_OWN_MODULE):
        return True
    return not hasattr(callback, "get_state") and set(vars(callback)) <= _BASE


def callback_keys(callbacks: Iterable[object]) -> Iterator[tuple[object, tuple[str, int]]]:
    """Yield each callback with its class and the how-many-eth of that class it is."""
    seen: Counter[str] = Counter()
    for callback in callbacks:
        name = type(callback).__name__
        yield callback, (name, seen[name])
        seen[name] += 1


def _read(callback: Any, name: str, index: int, arrays: dict[str, np.ndarray]) -> CallbackState:
    if is_stateless(callback):
        return CallbackState(name, index)
    try:
        state = _state_of(callback)
    except Exception as error:  # of the user's get_state
        return CallbackState(name, index, problem=f"get_state: {type(error).__name__}")
    if state is None:
        return CallbackState(name, index, problem="no get_state")
    new: dict[str, np.ndarray] = {}
    try:
        encoded = encode(state, new, f"callbacks/{name}/{index}")
    except UnsupportedValueError as error:
        return CallbackState(name, index, problem=str(error))
    arrays.update(new)
    # What a subclass of the user's adds is not known.
    own = type(callback) not in (*_STATE, keras.callbacks.CSVLogger) and not hasattr(
        callback, "get_state"
    )
    return CallbackState(name, index, encoded, problem="no get_state" if own else "")


def _state_of(callback: Any) -> dict[str, Any] | None:
    if hasattr(callback, "get_state") and hasattr(callback, "set_state"):
        return {"own": callback.get_state()}
    names = list(_state_names(callback))
    state = {name: _plain(getattr(callback, name)) for name in names if hasattr(callback, name)}
    if isinstance(callback, keras.callbacks.CSVLogger):
        state["csv"] = csv_logger_state.read(callback)
    return state or None


def _set(callback: Any, state: dict[str, Any]) -> None:
    if "own" in state:
        callback.set_state(state["own"])
        return
    csv = state.pop("csv", None)
    if csv is not None:
        csv_logger_state.restore(callback, csv)
    known = set(_state_names(callback))
    for name, value in state.items():
        if name not in known:
            continue
        old = getattr(callback, name, None)
        if isinstance(old, dict) and isinstance(value, dict):
            old.clear()  # model.history.history may be in the user's hands
            old.update(value)
        else:
            setattr(callback, name, value)


def _state_names(callback: object) -> Iterator[str]:
    for cls, names in _STATE.items():
        if isinstance(callback, cls):
            yield from names


def _plain(value: Any) -> Any:
    """Return a value of a callback with tensors as arrays."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str | tuple | np.ndarray):
        return value
    if isinstance(value, np.generic):
        return value
    with contextlib.suppress(Exception):
        if keras.ops.is_tensor(value):
            return np.array(keras.ops.convert_to_numpy(value))
    return value
