"""Uncommon inputs, outputs and models: the tab says what it cannot show; the fit is the same."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import psutil
import pytest

import kwidgets as kw
from kwidgets.insight.keras_internals.install_checks import why_not
from kwidgets.language import translated
from tests.insight.tap.models import SAMPLES, Trained, classifier, data, train

BACKEND = keras.backend.backend()
layers = keras.layers
in_full = pytest.mark.slow("other cases of the same promise")
on_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tensors of TensorFlow")
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="compiled by torch.compile")

X, Y = data()
WORDS = np.array(["good fine", "bad awful", "a nice day", "a bad bad day"] * 20)


def expect_same_fit(make: Callable[[], Any], **options: Any) -> Trained:
    """Train with and without a view, and return the model with one."""
    without, with_view = (train(make, shown, **options) for shown in (False, True))
    np.testing.assert_equal(with_view.history, without.history)
    for value, expected in zip(with_view.variables, without.variables, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert with_view.live is not None and with_view.live._run is not None
    assert not with_view.live._run.guard.failures
    return with_view


def of_layers(shape: Any, *own: Callable[[], Any], loss: Any, dtype: Any = None) -> Any:
    def make() -> Any:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input(shape, dtype=dtype), *(each() for each in own)])
        model.compile("adam", loss=loss)
        return model

    return make


def validated(x: Any, y: Any, **options: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "validation_data": (x, y), "epochs": 2, **options}


def test_too_many_classes_are_said() -> None:
    make = of_layers(
        (6,), lambda: layers.Dense(30_000, "softmax"), loss="sparse_categorical_crossentropy"
    )
    live = expect_same_fit(make, **validated(X[:8], Y[:8], epochs=1)).live
    assert live is not None and not live.predictions.epochs
    assert "30,000 classes" in translated(live.predictions.reason)


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch refuses them, without a view too")
def test_targets_of_no_class_are_left_out_and_said() -> None:
    make = of_layers((6,), lambda: layers.Dense(1, "sigmoid"), loss="binary_crossentropy")
    y = Y.astype("float32")
    y[:5], y[5] = -3, np.nan
    fit = validated(X, y)
    live = expect_same_fit(make, **fit | {"y": Y % 2}).live
    assert live is not None
    latest = live.predictions.latest
    assert latest.samples == len(X) and "left out" in translated(latest.note)
    assert all(sample.loss == sample.loss for sample in latest.watched[6:])


@in_full
def test_large_pictures_are_read_without_their_pixels() -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (2, 2160, 3840, 3)).astype("uint8")
    make = of_layers(
        (2160, 3840, 3),
        lambda: layers.Rescaling(1 / 255),
        lambda: layers.Conv2D(2, 16, strides=16),
        lambda: layers.GlobalAveragePooling2D(),
        lambda: layers.Dense(3, "softmax"),
        loss="sparse_categorical_crossentropy",
    )
    live = expect_same_fit(make, **validated(pictures, np.array([0, 1]), epochs=1)).live
    assert live is not None and live.predictions.latest.samples == 2
    assert live.predictions.latest.watched[0].code.endswith("[0]")


@in_full
def test_dicts_of_inputs_and_outputs() -> None:
    def make() -> Any:
        keras.utils.set_random_seed(1)
        a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
        both = layers.Concatenate()([a, b])
        outputs = {"u": layers.Dense(3, "softmax")(both), "v": layers.Dense(1)(both)}
        model = keras.Model({"a": a, "b": b}, outputs)
        model.compile("adam", {"u": "sparse_categorical_crossentropy", "v": "mse"})
        return model

    x = {"a": X, "b": X[:, ::-1]}
    live = expect_same_fit(make, **validated(x, {"u": Y, "v": X[:, :1]})).live
    assert live is not None and set(live.predictions.outputs) == {"u", "v"}


@in_full
@on_tensorflow
def test_texts_are_shown_as_texts() -> None:
    import tensorflow as tf

    def make() -> Any:
        keras.utils.set_random_seed(1)
        vectorize = layers.TextVectorization(max_tokens=20, output_sequence_length=4)
        vectorize.adapt(WORDS)
        stack = (layers.Embedding(20, 4), layers.GlobalAveragePooling1D())
        model = keras.Sequential(
            [keras.Input((), dtype="string"), vectorize, *stack, layers.Dense(1, "sigmoid")]
        )
        model.compile("adam", "binary_crossentropy")
        return model

    y = np.tile([1, 0, 1, 0], 20)
    live = expect_same_fit(make, **validated(tf.constant(WORDS), y)).live
    assert live is not None and live.predictions.latest.watched[0].inputs is not None


@in_full
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
def test_other_precisions(policy: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        live = expect_same_fit(classifier).live
        assert live is not None and live.predictions.latest.results.note is None
    finally:
        keras.config.set_dtype_policy(before)


@in_full
def test_object_arrays_are_refused_as_without_a_view() -> None:
    errors = []
    for callbacks in ([], [kw.LivePlot()]):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            classifier().fit(X.astype(object), Y, callbacks=callbacks, verbose=0)
        errors.append((caught.type, str(caught.value)))
    assert errors[0] == errors[1]


@in_full
def test_a_builder_trains_with_the_tab() -> None:
    builder = kw.SequentialBuilder(keras.Sequential([keras.Input((6,)), layers.Dense(3)]))
    builder.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    run = builder.train(X, Y, epochs=1, validation_data=(X, Y))
    run.wait()
    assert kw.latest().predictions.latest.task == "classification"


@on_torch
def test_a_compiled_model_is_said() -> None:
    model = classifier(jit_compile=True)
    reason = why_not(model)
    assert reason is not None and "torch.compile" in translated(reason)
    assert why_not(classifier(jit_compile=False)) is None


@in_full
@on_torch
def test_a_compiled_model_trains_as_without_a_view() -> None:
    live = expect_same_fit(lambda: classifier(jit_compile=True)).live
    assert live is not None and "torch.compile" in translated(live.predictions.reason)


def test_model_and_data_are_freed_after_the_next_fit() -> None:
    seen = []
    for _ in range(2):
        x = X.copy()
        trained = train(classifier, True, x=x[:SAMPLES], validation_data=(x, Y), epochs=1)
        seen.append((weakref.ref(trained.model), weakref.ref(x)))
        del trained, x
    gc.collect()
    assert [model() for model, _ in seen[:1]] == [None]
    assert [x() for _, x in seen[:1]] == [None]


@in_full
def test_thirty_fits_take_no_more_memory() -> None:
    process, sizes = psutil.Process(os.getpid()), []
    for _ in range(30):
        train(classifier, True, epochs=1)
        keras.backend.clear_session()
        gc.collect()
        sizes.append(process.memory_info().rss / 1e6)
    # Compiled functions of the backend grow a little, with a view and without.
    assert sizes[-1] - sizes[9] < 150, sizes
