"""Test that the program of a builder repeats what was done to its last fit."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw

DATA = {"x": np.ones((64, 3), "float32"), "y": np.zeros((64, 1), "float32")}


class Steer(keras.callbacks.Callback):
    """Sets the learning rate and stops, before the second batch."""

    builder: kw.SequentialBuilder

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 1 and self.builder.run is not None:
            self.builder.run.set_learning_rate(0.25)
            self.builder.run.stop()


@pytest.mark.parametrize("rate", [0.01, keras.optimizers.schedules.CosineDecay(0.1, 100)])
def test_the_program_repeats_rates_and_the_stop(rate: Any) -> None:
    builder = kw.SequentialBuilder([keras.layers.Dense(1)], input_shape=(3,))
    builder.compile(keras.optimizers.SGD(rate), "mse")
    steer = Steer()
    steer.builder = builder
    builder.train(**DATA, batch_size=16, epochs=3, callbacks=[steer]).wait(60)
    program = builder.to_code()
    compile(program, "program.py", "exec")
    # The callback of this test would steer again, and the data are no variables of a notebook.
    assert "# What was done to the last fit in its live view." in program
    assert "replay = Replay({" in program and "stop=(0, 1)" in program
    if rate == 0.01:
        assert "{(0, 1): 0.25}" in program
    else:
        assert "model.optimizer.learning_rate = hold(" in program
        assert "CosineDecay(0.1, 100)" in program
    assert "replay]" in program
    # It belongs to the model that was trained.
    builder.add(keras.layers.Dense(2))
    assert "Replay" not in builder.to_code()
