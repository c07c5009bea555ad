"""Predictions are explained by the model, which stays as it is."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw

layers = keras.layers
RANDOM = np.random.default_rng(0)


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Return pictures of noise with a bright square: its side is the class."""
    y = RANDOM.integers(0, 2, 128)
    x = 0.1 * RANDOM.random((128, 12, 12, 1))
    for picture, side in zip(x, y, strict=True):
        picture[4:8, 1 : 5 if side == 0 else 1] = 1
        if side:
            picture[4:8, 8:12] = 1
    return x.astype("float32"), y


def fit(model: Any, x: Any, y: Any, loss: str, epochs: int = 1, **compile_options: Any) -> Any:
    model.compile("adam", loss, **compile_options)
    live = kw.LivePlot()
    model.fit(x, y, validation_data=(x, y), epochs=epochs, verbose=0, callbacks=[live])
    return live


def convolutional() -> Any:
    keras.utils.set_random_seed(2)
    return keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(2, "softmax"),
        ]
    )


def test_grad_cam_finds_the_square() -> None:
    x, y = pictures()
    model = convolutional()
    live = fit(model, x, y, "sparse_categorical_crossentropy", epochs=6)
    before = [keras.ops.convert_to_numpy(variable.value) for variable in model.variables]
    on_the_square = grad_cams = 0
    watched = live.predictions.latest.watched
    for sample in watched:
        found = sample.explain()
        assert found.of == sample.predicted and found.shares.shape == (12, 12)
        if found.method == "occlusion":  # nothing in the last convolution counts for the class
            continue
        grad_cams += 1
        assert 0 <= found.shares.min() <= found.shares.max() == 1
        square = sample.inputs[0][..., 0] > 0.5
        on_the_square += found.shares[square].mean() > found.shares[~square].mean()
    assert grad_cams >= len(watched) // 2 and on_the_square >= grad_cams * 3 // 4
    for one, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, keras.ops.convert_to_numpy(variable.value))
    assert all("call" not in vars(layer) for layer in model.layers)


def test_the_page_gets_a_heat_map() -> None:
    x, y = pictures()
    live = fit(convolutional(), x, y, "sparse_categorical_crossentropy")
    session: Any = live._run.view.insight
    sent: list[Any] = []
    session.open(sent.append, 0)
    replies: list[Any] = []
    session.answer({"request": "explain", "sample": "v0"}, lambda *reply: replies.append(reply))
    assert replies == [(True, "")]
    explanation = sent[-1]["sample"]["explanation"]
    assert explanation["method"] in ("grad_cam", "occlusion")
    assert explanation["picture"] in sent[-2]["pictures"]


def test_during_a_fit_and_the_fit_stays_the_same() -> None:
    x, y = pictures()

    class Explaining(keras.callbacks.Callback):
        found: Any = None

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            if batch == 1 and len(live.predictions):
                self.found = live.predictions.latest.watched[0].explain()

    explaining, live = Explaining(), kw.LivePlot()
    histories = []
    for callbacks in ([], [live, explaining]):
        model = convolutional()
        model.compile("adam", "sparse_categorical_crossentropy")
        fitted = model.fit(x, y, validation_data=(x, y), epochs=2, verbose=0, callbacks=callbacks)
        histories.append(fitted.history)
    assert histories[0] == histories[1]
    assert explaining.found.shares.shape == (12, 12)


def test_rows_by_occlusion() -> None:
    x = RANDOM.normal(size=(256, 5)).astype("float32")
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(1)])
    live = fit(model, x, 3 * x[:, 2], "mse", epochs=10)
    found = live.predictions.latest.watched[0].explain()
    assert found.method == "occlusion" and found.shares.shape == (5,)
    weights = model.get_weights()[0][:, 0]
    drop = weights * (live.predictions.latest.watched[0].inputs[0] - x.mean(axis=0))
    np.testing.assert_allclose(found.shares, drop / np.abs(drop).max(), atol=0.02)


def test_tokens_by_occlusion() -> None:
    x = RANDOM.integers(2, 10, (64, 6))
    x[:, 4:] = 0
    model = keras.Sequential(
        [
            *(keras.Input((6,)), layers.Embedding(10, 4), layers.GlobalAveragePooling1D()),
            layers.Dense(1, "sigmoid"),
        ]
    )
    live = fit(model, x, (x[:, 0] > 5).astype("int32"), "binary_crossentropy")
    found = live.predictions.latest.watched[0].explain()
    # One number a word that is shown; the padding is not.
    assert found.method == "occlusion" and found.shares.shape == (4,)


def test_what_cannot_be_explained_is_refused() -> None:
    x = RANDOM.random((32, 8, 8, 1)).astype("float32")
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(1, 1)])
    live = fit(model, x, x, "mse")
    with pytest.raises(RuntimeError, match="Only predicted classes and numbers"):
        live.predictions.latest.watched[0].explain()
