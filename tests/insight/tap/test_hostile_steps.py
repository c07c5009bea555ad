"""Steps and batches whose predictions cannot be read: the fit goes on as without a view."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import kwidgets as kw

BACKEND = keras.backend.backend()
ON_JAX = pytest.mark.skipif(BACKEND != "jax", reason="transformations of JAX")
ON_TENSORFLOW = pytest.mark.skipif(BACKEND != "tensorflow", reason="compiled by TensorFlow")
LOSS = "sparse_categorical_crossentropy"
X, Y = np.random.default_rng(0).random((20, 8), dtype="float32"), np.arange(20) % 3
DIFFERENT = "The inputs, targets and predictions of a batch have different sizes."


def classifier(cls: type = keras.Sequential) -> Any:
    return cls([keras.Input((8,)), keras.layers.Dense(3, "softmax")])


def fit(model: Any, x: Any = X, y: Any = Y, validation_data: Any = (X, Y)) -> kw.LivePlot:
    live = kw.LivePlot()
    history = model.fit(x, y, validation_data=validation_data, callbacks=[live], verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()
    return live


def reason_of(live: kw.LivePlot) -> str:
    assert live.predictions.reason is not None
    return live.predictions.reason["key"]


@ON_JAX
def test_a_loss_within_a_transformation_is_left_alone() -> None:
    import jax

    class Model(keras.Sequential):
        def test_step(self, state: Any, data: Any) -> Any:
            step = super().test_step
            return jax.jit(lambda state, data: step(state, data))(state, data)

    model = classifier(Model)
    model.compile("sgd", LOSS)
    assert "inside a transformation of JAX" in reason_of(fit(model))


@ON_JAX
def test_nan_that_only_a_tap_would_see_ends_no_fit() -> None:
    import jax

    def known(y: Any, p: Any) -> Any:
        ok = ops.logical_not(ops.isnan(y))
        return ops.mean(ops.where(ok, ops.square(ops.where(ok, y, 0.0) - p), 0.0), -1)

    y = np.ones((20, 3), "float32")
    y[3, 1] = np.nan
    model = classifier()
    model.compile("sgd", known)
    jax.config.update("jax_debug_nans", True)
    try:
        assert "stops at each NaN" in reason_of(fit(model, y=y, validation_data=(X, y)))
    finally:
        jax.config.update("jax_debug_nans", False)


def test_a_test_step_that_the_user_set_stays() -> None:
    model = classifier()
    model.compile("sgd", LOSS)
    calls = []

    def test_step(self: Any, *args: Any) -> Any:
        calls.append(1)
        return keras.Model.test_step(self, *args)

    model.test_step = types.MethodType(test_step, model)
    live = fit(model)
    assert live.predictions.latest.samples == 20
    assert model.__dict__["test_step"].__func__ is test_step and calls


def test_a_test_function_that_the_user_set_is_called() -> None:
    model = classifier()
    model.compile("sgd", LOSS)
    model.make_test_function()
    function, calls = model.test_function, []

    def own(*args: Any) -> Any:
        calls.append(1)
        return function(*args)

    model.test_function = own
    assert "of its own" in reason_of(fit(model))
    assert calls and model.test_function is own


@ON_TENSORFLOW
@pytest.mark.parametrize("jit", [False, True])
def test_inputs_with_other_rows_than_the_output(jit: bool) -> None:
    import tensorflow as tf

    class Graph(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3, "softmax")

        def call(self, inputs: Any) -> Any:
            nodes, edges = inputs
            gathered = tf.gather(nodes, edges[0])
            return self.dense(
                nodes + tf.math.unsorted_segment_sum(gathered, edges[1], tf.shape(nodes)[0])
            )

    inputs = (np.ones((20, 4), "float32"), np.zeros((2, 50), "int32"))
    data = tf.data.Dataset.from_tensors((inputs, Y)).repeat(2)
    model = Graph()
    model.compile("sgd", LOSS, jit_compile=jit)
    assert reason_of(fit(model, data, None, data)) == DIFFERENT


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=ON_TENSORFLOW)])
def test_other_rows_than_the_targets(jit: bool) -> None:
    inputs = keras.Input((8,))
    both = ops.concatenate([inputs, inputs * 2], axis=0)
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(both))

    def alike(y: Any, p: Any) -> Any:
        half = ops.shape(p)[0] // 2
        return ops.mean(ops.square(p[:half] - p[half:]), -1)

    model.compile("sgd", alike, jit_compile=jit)
    live = fit(model)
    assert not live.predictions.epochs
    if BACKEND == "tensorflow":
        assert reason_of(live) == DIFFERENT


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=ON_TENSORFLOW)])
def test_an_empty_batch_is_passed_over(jit: bool) -> None:
    def batches() -> Iterator[Any]:
        for count in (10, 0, 3):
            yield X[:count], Y[:count]

    model = classifier()
    model.compile("sgd", LOSS, jit_compile=jit)
    live = kw.LivePlot()
    model.fit(X, Y, validation_data=batches(), callbacks=[live], verbose=0)
    if BACKEND == "tensorflow":
        assert live.predictions.latest.samples == 13
