"""A dry run of Keras allocates nothing and changes no state."""

from __future__ import annotations

import random
import threading
import time

import keras
import pytest
from keras import layers

from kwidgets import dry_run


def test_weights_have_shapes_and_no_values() -> None:
    with dry_run.dry_scope():
        layer = layers.Dense(10**6)
        layer(keras.KerasTensor((None, 10**6)))
    assert tuple(layer.kernel.shape) == (10**6, 10**6)
    assert layer.kernel._value is None


def test_names_are_given_back_and_no_random_number_is_drawn() -> None:
    keras.utils.clear_session(free_memory=False)
    random.seed(1)
    state = random.getstate()
    with dry_run.dry_scope():
        assert layers.Dropout(0.5).name == "dropout"
    assert random.getstate() == state
    assert layers.Dropout(0.5).name == "dropout"


def test_fresh_names_begin_anew_inside_only() -> None:
    layers.Dense(1)
    before = layers.Dense(1).name
    with dry_run.fresh_names():
        assert layers.Dense(1).name == "dense"
    number = int(before.partition("_")[2])
    assert layers.Dense(1).name == f"dense_{number + 1}"


def test_scopes_end_when_something_raises() -> None:
    with pytest.raises(ZeroDivisionError), dry_run.dry_scope():
        raise ZeroDivisionError
    assert layers.Dense(1)(keras.ops.ones((1, 2))).shape == (1, 1)


def test_guarded_hands_on_what_comes_out() -> None:
    assert dry_run.run_limited(lambda: 3) == 3
    with pytest.raises(KeyError):
        dry_run.run_limited(lambda: {}["x"])


def test_guarded_code_is_stopped_and_not_left_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "TIME_LIMIT_SECONDS", 0.3)

    def forever() -> None:
        while True:
            time.sleep(0.01)

    with pytest.raises(dry_run.LimitExceeded, match=r"0\.3 seconds"):
        dry_run.run_limited(forever)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not [one for one in threading.enumerate() if one.name == "kwidgets-infer"]:
            return
        time.sleep(0.02)
    pytest.fail("the thread still runs")
