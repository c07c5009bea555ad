"""Callbacks go on where they were, instead of beginning anew."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kwidgets.record.checkpoints.callback_state import (
    CallbackState,
    is_stateless,
    read_callbacks,
    set_callbacks,
)


def begin(callback: Any) -> Any:
    """Give ``callback`` a model, as a fit does that begins."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback.set_model(model)
    callback.on_train_begin()
    return callback


def take_over(old: Any, new: Any) -> list[str]:
    arrays: dict[str, np.ndarray] = {}
    return set_callbacks([new], read_callbacks([old], arrays), arrays)


@pytest.mark.parametrize("kind", ["EarlyStopping", "ReduceLROnPlateau"])
def test_min_delta_keeps_its_sign(kind: str) -> None:
    """Keras turns its sign when the first epoch ends, in every fit."""
    make = getattr(keras.callbacks, kind)
    old, new = (begin(make("loss", min_delta=0.1, patience=3)) for _ in range(2))
    for epoch, loss in enumerate([1.0, 0.95, 0.93]):
        old.on_epoch_end(epoch, {"loss": loss})
    assert old.wait == 2
    assert take_over(old, new) == []
    for callback in (old, new):
        callback.on_epoch_end(3, {"loss": 0.91})
    assert (new.wait, new.best, new.min_delta) == (old.wait, old.best, old.min_delta)
    assert new.min_delta == -0.1


def test_best_weights_come_back_as_arrays() -> None:
    old = begin(keras.callbacks.EarlyStopping("loss", restore_best_weights=True))
    old.on_epoch_end(0, {"loss": 1.0})
    new = begin(keras.callbacks.EarlyStopping("loss", restore_best_weights=True))
    take_over(old, new)
    for one, other in zip(old.best_weights, new.best_weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_history_that_a_user_holds_is_the_one_that_goes_on() -> None:
    old, new = begin(keras.callbacks.History()), begin(keras.callbacks.History())
    old.on_epoch_end(0, {"loss": 1.0})
    held = new.history
    take_over(old, new)
    new.on_epoch_end(1, {"loss": 0.5})
    assert held == {"loss": [1.0, 0.5]} and new.epoch == [0, 1]


class Mine(keras.callbacks.EarlyStopping):
    """A subclass whose own state nobody knows."""


class Failing(keras.callbacks.Callback):
    def get_state(self) -> Any:
        raise RuntimeError

    def set_state(self, state: Any) -> None:
        raise RuntimeError


class Odd(Failing):
    def get_state(self) -> Any:
        return {"lock": object()}


@pytest.mark.parametrize("callback", [Mine(), Failing(), Odd()])
def test_callbacks_that_start_over_are_told(callback: Any) -> None:
    (state,) = read_callbacks([callback], {})
    assert state.problem
    assert set_callbacks([callback], [state], {}) == [type(callback).__name__]


def test_a_state_that_cannot_be_set_is_told() -> None:
    states = [CallbackState("Failing", 0, {"own": 1})]
    assert set_callbacks([Failing()], states, {}) == ["Failing"]


def test_two_callbacks_of_a_class_are_told_apart() -> None:
    old = [begin(keras.callbacks.EarlyStopping("loss", patience=9)) for _ in range(2)]
    old[1].wait = 5
    new = [begin(keras.callbacks.EarlyStopping("loss", patience=9)) for _ in range(2)]
    arrays: dict[str, np.ndarray] = {}
    set_callbacks(new, read_callbacks(old, arrays), arrays)
    assert [callback.wait for callback in new] == [0, 5]


def test_what_has_no_state_needs_none() -> None:
    assert is_stateless(keras.callbacks.TerminateOnNaN())
    assert is_stateless(keras.callbacks.Callback())
    assert not is_stateless(keras.callbacks.EarlyStopping())


@pytest.mark.parametrize("append", [False, True])
def test_a_csv_file_has_each_epoch_once(tmp_path: Path, append: bool) -> None:
    path = str(tmp_path / "log.csv")
    old = begin(keras.callbacks.CSVLogger(path, append=append))
    old.on_epoch_end(0, {"loss": 1.0})
    arrays: dict[str, np.ndarray] = {}
    states = read_callbacks([old], arrays)
    old.on_epoch_end(1, {"loss": 0.5})  # after the checkpoint
    new = begin(keras.callbacks.CSVLogger(path, append=append))
    set_callbacks([new], states, arrays)
    new.on_epoch_end(1, {"loss": 0.5})
    new.on_train_end()
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["epoch"], row["loss"]) for row in rows] == [("0", "1.0"), ("1", "0.5")]
