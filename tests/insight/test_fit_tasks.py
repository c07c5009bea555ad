"""Each task is read from a real fit, and bad input is named and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.insight.keras_internals.tap import tap_of
from kwidgets.language import translated

layers = keras.layers
RANDOM = np.random.default_rng(0)
N = 48


def fit(
    make_layers: list[Any],
    shape: tuple[int | None, ...],
    x: Any,
    y: Any,
    loss: Any,
    live: kw.LivePlot | None = None,
    **compile_options: Any,
) -> kw.LivePlot:
    """Fit a model of layers for an epoch, and return its view."""
    model = keras.Sequential([keras.Input(shape), *make_layers])
    model.compile("sgd", loss=loss, **compile_options)
    live = live or kw.LivePlot()
    model.fit(x, y, validation_data=(x, y), epochs=1, batch_size=16, callbacks=[live], verbose=0)
    return live


def details(live: kw.LivePlot) -> dict[str, Any]:
    """Return the details of what the open tab would show, as the page gets them."""
    assert live._run is not None
    session: Any = live._run.view.insight
    session.answer({"request": "watch", "tab": "predictions"}, lambda ok, text: None)
    tab = session._tabs["predictions"]
    assert len(json.dumps(tab._part(with_details=False))) < 1_500
    assert len(json.dumps(session.saved_parts(), allow_nan=False)) < 40_000
    part = tab._part(with_details=True)["predictions"]
    json.dumps(part, allow_nan=False)
    found: dict[str, Any] = part["details"]
    return found


def test_binary() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    live = fit([layers.Dense(1)], (4,), x, y, keras.losses.BinaryCrossentropy(from_logits=True))
    latest = live.predictions.latest
    assert latest.task == "binary" and latest.confusion.shape == (2, 2)
    assert list(latest.figures) == ["accuracy", "precision", "recall", "F1", "AUC", "loss"]
    found = details(live)
    assert found["curves"]["roc"][0] == (0.0, 0.0) and len(found["watched"]) == 12
    assert found["mistakes"][0]["looks"]["kind"] == "row"


def test_a_hinge_decides_by_the_sign() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    y = np.where(x[:, 0] > 0, 1, -1)
    live = kw.LivePlot()
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, "tanh")])
    model.compile("sgd", "hinge")
    model.fit(x, y, validation_data=(x, y), epochs=1, callbacks=[live], verbose=0)
    predicted = model.predict(x, verbose=0)[:, 0] > 0
    latest = live.predictions.latest
    assert latest.to_pandas()["predicted"].cat.codes.tolist() == predicted.astype(int).tolist()
    assert latest.note is None


def test_multi_label() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    y = (x[:, :3] > 0).astype("float32")
    live = fit([layers.Dense(3, "sigmoid")], (4,), x, y, "binary_crossentropy")
    latest = live.predictions.latest
    assert latest.task == "multi_label" and latest.confusion is None
    assert [row.support for row in latest.classes] == y.sum(axis=0).astype(int).tolist()
    table = details(live)["classes"]
    assert table["history_of"] == "f1" and table["scores"]["bins"] == 20


def test_regression() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    live = fit([layers.Dense(2)], (4,), x, x[:, :2] * 3, "mse")
    latest = live.predictions.latest
    assert latest.task == "regression"
    table = latest.to_pandas()
    error = table["predicted_0"] - table["true_0"], table["predicted_1"] - table["true_1"]
    assert latest.figures["RMSE"] == pytest.approx(np.mean(np.square(error)) ** 0.5, rel=1e-4)
    assert details(live)["regression"]["columns"] == ["0", "1"]


def test_segmentation() -> None:
    x = RANDOM.random((N, 16, 16, 3)).astype("float32")
    y, loss = (x[..., :1] > 0.5).astype("int32"), "sparse_categorical_crossentropy"
    if keras.backend.backend() == "torch":
        # PyTorch 2.14 cannot differentiate Keras's sparse loss of pictures.
        y, loss = keras.utils.to_categorical(y, 3), "categorical_crossentropy"
    live = fit(
        [layers.Conv2D(3, 1, activation="softmax")],
        (16, 16, 3),
        *(x, y, loss),
    )
    latest = live.predictions.latest
    assert latest.task == "segmentation" and latest.confusion.sum() == N * 256
    found = details(live)
    assert {"picture", "true_picture", "predicted_picture"} <= set(found["mistakes"][0]["looks"])
    assert len(found["classes"]["iou"]) == 3


def test_token_classes_without_the_padding() -> None:
    x = RANDOM.integers(1, 9, (N, 6))
    x[:, 4:] = 0
    y = x % 3
    live = fit(
        [layers.Embedding(9, 4, mask_zero=True), layers.Dense(3, "softmax")],
        (6,),
        *(x, y, "sparse_categorical_crossentropy"),
    )
    latest = live.predictions.latest
    assert latest.task == "token_classes" and latest.confusion.sum() == N * 4
    assert details(live)["mistakes"][0]["looks"]["kind"] == "text"


def test_forecast_and_autoencoder() -> None:
    x = np.cumsum(RANDOM.normal(size=(N, 40, 1)), axis=1).astype("float32")
    forecast = [layers.Flatten(), layers.Dense(8), layers.Reshape((8, 1))]
    live = fit(forecast, (40, 1), x, x[:, :8] + 1, "mse")
    assert live.predictions.latest.task == "forecast"
    looks = details(live)["mistakes"][0]["looks"]
    assert looks["kind"] == "series" and len(looks["predicted_series"][0]) == 8
    pictures = RANDOM.random((N, 12, 12, 1)).astype("float32")
    live = fit(
        [layers.Conv2D(1, 3, padding="same", activation="sigmoid")],
        (12, 12, 1),
        *(pictures, pictures, "binary_crossentropy"),
    )
    latest = live.predictions.latest
    assert latest.task == "image_to_image"
    assert latest.figures["MAE"] == pytest.approx(
        float(latest.to_pandas()["mean_absolute_error"].mean()), rel=1e-4
    )
    assert "predicted_picture" in details(live)["mistakes"][0]["looks"]


def test_boxes_when_they_are_named() -> None:
    x = RANDOM.random((N, 16, 16, 1)).astype("float32")
    y = np.tile([[0.1, 0.2, 0.5, 0.6, 1.0]], (N, 1)).astype("float32")
    live = fit(
        [layers.Flatten(), layers.Dense(5)],
        (16, 16, 1),
        *(x, y, "mse"),
        live=kw.LivePlot(task=kw.Boxes(), class_names=["cat", "dog"]),
    )
    assert live.predictions.latest.task == "boxes"
    looks = details(live)["mistakes"][0]["looks"]
    (left, top, right, bottom, name, score) = looks["true_boxes"][0]
    assert (name, score) == ("dog", None)
    np.testing.assert_allclose((left, top, right, bottom), (0.1, 0.2, 0.5, 0.6), rtol=1e-5)


def test_a_task_and_names_that_are_given() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    y = np.eye(3, dtype="float32")[RANDOM.integers(0, 3, N)]
    live = fit(
        [layers.Dense(3, "sigmoid")],
        (4,),
        *(x, y, "binary_crossentropy"),
        live=kw.LivePlot(task="classification", class_names=["a", "b", "c"]),
    )
    latest = live.predictions.latest
    assert latest.task == "classification" and latest.class_names == ("a", "b", "c")
    assert latest.to_pandas()["true"].tolist() == [latest.class_names[i] for i in y.argmax(axis=1)]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"task": "clasification"}, ValueError, "task must be one of 'classification'"),
        ({"task": 3}, TypeError, "task must be one of"),
        ({"class_names": "cat"}, TypeError, "class_names must be a list of texts"),
        ({"class_names": [1, 2]}, TypeError, "class_names must be a list of texts"),
    ],
)
def test_wrong_arguments(arguments: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        kw.LivePlot(**arguments)


def test_a_custom_loss_is_called_as_often_and_mistakes_are_sorted_by_probability() -> None:
    calls = []

    def own(y: Any, p: Any) -> Any:
        calls.append(1)
        return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, p))

    x = RANDOM.normal(size=(N, 4)).astype("float32")
    y = RANDOM.integers(0, 3, N)
    live = kw.LivePlot()
    counts = []
    for callbacks in ([], [live]):
        calls.clear()
        model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
        model.compile("sgd", loss=own)
        model.fit(x, y, validation_data=(x, y), callbacks=callbacks, verbose=0)
        counts.append(len(calls))
    assert counts[0] == counts[1]
    # The mean of these is not the model's loss, and is not called so.
    assert "loss" not in live.predictions.figures
    table = live.predictions.to_pandas()
    np.testing.assert_allclose(table["loss"], -np.log(table["probability_of_true"]), rtol=1e-3)


# Bad input: what the tab says, or None if predictions are read.


def test_targets_that_the_loss_broadcasts_are_named() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    live = fit([layers.Dense(3)], (4,), x, x[:, :1], "mse")
    assert len(live.predictions) == 0
    assert "targets of shape" in translated(live.predictions.reason)


def test_targets_out_of_range_are_counted() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    y = RANDOM.integers(0, 3, N)

    def lenient(true: Any, p: Any) -> Any:
        return keras.losses.sparse_categorical_crossentropy(keras.ops.minimum(true, 2), p)

    y[:5] = 7
    live = fit([layers.Dense(3, "softmax")], (4,), x, y, lenient)
    note = live.predictions.latest.results.note
    assert note is not None and translated(note).endswith("left out: 5")
    assert live.predictions.confusion.sum() == N - 5


def test_too_many_classes() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    y = RANDOM.integers(0, 9, N)
    live = fit([layers.Dense(100_000, "softmax")], (4,), x, y, "sparse_categorical_crossentropy")
    assert len(live.predictions) == 0
    assert "100,000 classes" in translated(live.predictions.reason)


def test_large_pictures_are_read_from_the_array() -> None:
    x = np.zeros((4, 2160, 3840, 3), "uint8")
    x[1] = 255
    y = np.array([0, 1, 0, 1])
    live = fit(
        [layers.MaxPooling2D(240), layers.Flatten(), layers.Dense(2, "softmax")],
        (2160, 3840, 3),
        *(x, y, "sparse_categorical_crossentropy"),
    )
    looks = [sample["looks"] for sample in details(live)["watched"]]
    assert [each["kind"] for each in looks] == ["picture"] * 4


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="texts need TensorFlow")
def test_texts_are_shown_as_texts() -> None:
    x = np.array(["a good film", "a bad <b>film</b>"] * 24, object)
    words = layers.TextVectorization(output_sequence_length=4)
    words.adapt(x)
    tokens = words(x).numpy()
    y = np.array([1, 0] * 24)
    live = kw.LivePlot()
    fit(
        [layers.Embedding(20, 4), layers.Flatten(), layers.Dense(1, "sigmoid")],
        (4,),
        *(tokens, y, "binary_crossentropy"),
        live=live,
    )
    watched = details(live)["watched"]
    # The layer is a variable of a function that called fit's caller: the numbers are shown.
    assert watched[0]["looks"]["kind"] == "text"


def test_dicts_of_inputs_and_a_loss_that_is_added() -> None:
    inputs = {"a": keras.Input((2,), name="a"), "b": keras.Input((3,), name="b")}
    outputs = layers.Dense(2, "softmax")(layers.Concatenate()(list(inputs.values())))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", loss="sparse_categorical_crossentropy")
    x = {"a": RANDOM.random((N, 2)), "b": RANDOM.random((N, 3))}
    live = kw.LivePlot()
    model.fit(x, RANDOM.integers(0, 2, N), validation_split=0.5, callbacks=[live], verbose=0)
    assert live.predictions.latest.samples == N // 2
    assert details(live)["watched"][0]["looks"]["kind"] == "row"


def test_without_a_loss_nothing_is_read_and_the_tab_says_so() -> None:
    class OwnLoss(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            self.add_loss(keras.ops.mean(x**2))
            return x

    x = RANDOM.random((N, 2))
    inputs = keras.Input((2,))
    model = keras.Model(inputs, OwnLoss()(layers.Dense(2)(inputs)))
    model.compile("sgd")
    live = kw.LivePlot()
    model.fit(x, validation_data=(x, None), callbacks=[live], verbose=0)
    assert len(live.predictions) == 0 and live.predictions.reason is not None
    assert live._run is not None and not live._run.guard.failures


def test_without_validation_data_the_tab_offers_training_samples() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", loss="mse")
    live = kw.LivePlot()
    model.fit(RANDOM.random((N, 2)), RANDOM.random(N), callbacks=[live], verbose=0)
    assert translated(live.predictions.reason) == "This fit has no validation data."
    assert tap_of(model) is None


def test_evaluate_reads_the_same_as_a_fit() -> None:
    x = RANDOM.normal(size=(N, 4)).astype("float32")
    y = RANDOM.integers(0, 3, N)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    result = kw.evaluate(model, x, y, class_names=["a", "b", "c"])
    assert result.results == model.evaluate(x, y, verbose=0, return_dict=True)
    latest = result.predictions.latest
    assert latest.source == "evaluate" and latest.samples == N
    assert latest.mistakes[0].code == f"x[{latest.mistakes[0].index}]"
    assert result.predictions.figures["accuracy"] == pytest.approx(result.results["accuracy"])
    with pytest.raises(TypeError, match="needs a compiled Keras model"):
        kw.evaluate("model", x, y)
    with pytest.raises(TypeError, match=r"got y=None with x of shape .* Pass kwidgets\.evaluate"):
        kw.evaluate(model, x)
