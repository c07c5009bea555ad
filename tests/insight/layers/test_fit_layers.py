"""The layers are read, measured and judged in real fits, which stay the same to the last bit."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.insight.keras_internals import weights_sample
from kwidgets.insight.layers.measurement import LayerMeasurement, Measurement
from kwidgets.insight.layers.verdict import measured_verdict
from kwidgets.language import translated
from kwidgets.live.page.view import LiveView

layers = keras.layers
RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.random((96, 8, 8, 1)).astype("float32")
CLASSES = RANDOM.integers(0, 3, 96)
ROWS = RANDOM.normal(size=(96, 6)).astype("float32")


def convolutional() -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.GaussianNoise(0.1),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(3, "softmax", name="out"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def dense(*before: Any, loss: Any = "mse", optimizer: Any = "sgd", activation: Any = "relu") -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            *before,
            layers.Dense(8, activation, name="a"),
            layers.Dense(8, activation, name="b"),
            layers.Dense(1, name="c"),
        ]
    )
    model.compile(optimizer, loss=loss)
    return model


class Measuring(keras.callbacks.Callback):
    """Measures before some steps, as a user's callback may."""

    def __init__(self, live: kw.LivePlot) -> None:
        super().__init__()
        self.live = live
        self.steps = 0
        self.found: list[Any] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.steps += 1
        if self.steps in (3, 5):
            self.found.append(self.live.layers.measure())


def values(model: Any) -> list[np.ndarray]:
    return [
        keras.ops.convert_to_numpy(variable.value)
        for variable in (*model.variables, *model.optimizer.variables)
    ]


def test_a_fit_is_the_same_with_readings_and_measurements() -> None:
    options: dict[str, Any] = {"x": PICTURES, "y": CLASSES, "epochs": 2, "verbose": 0}
    plain = convolutional()
    expected = plain.fit(**options).history
    # Made here: it also sets the seed of the order of the samples.
    watched, live = convolutional(), kw.LivePlot()
    measuring = Measuring(live)
    assert watched.fit(**options, callbacks=[live, measuring]).history == expected
    for one, other in zip(values(plain), values(watched), strict=True):
        np.testing.assert_array_equal(one, other)
    first = measuring.found[0]
    assert [layer.name for layer in first.layers if layer.gradient is not None] == [
        *("conv", "norm", "out")
    ]
    assert first.by_name["conv"].is_rectified and 0 < first.by_name["conv"].zeros < 1
    # After the fit too, and again nothing changes.
    before = values(watched)
    assert live.layers.measure().finite
    for one, other in zip(before, values(watched), strict=True):
        np.testing.assert_array_equal(one, other)
    assert live._run is not None and not live._run.guard.failures
    assert all("call" not in vars(layer) for layer in watched.layers)
    readings = list(live.layers)
    assert [reading.epoch for reading in readings] == [1, 2]
    conv = watched.get_layer("conv")
    norm = np.sqrt(sum(np.square(weight).sum() for weight in conv.get_weights()))
    assert readings[-1]["conv"].norm == pytest.approx(norm, rel=1e-5)
    assert readings[-1]["conv"].update is not None and readings[-1]["conv"].gradient is not None
    table = live.layers.to_pandas()
    assert len(table) == 6 and set(table["name"]) == {"conv", "norm", "out"}


def test_a_large_model_is_read_in_one_compiled_call(monkeypatch: pytest.MonkeyPatch) -> None:
    model = convolutional()
    model.fit(PICTURES, CLASSES, verbose=0)
    monkeypatch.setattr(weights_sample, "MAX_VALUES", 20)
    direct = weights_sample.WeightsSampler(model).read()
    monkeypatch.setattr(weights_sample, "SMALL_MODEL", 0)
    sampler = weights_sample.WeightsSampler(model)
    for one, other, info in zip(direct, sampler.read(), sampler.infos, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        assert one.gradient == other.gradient
        assert len(one.values) == info.sampled <= info.size
        assert info.counts.sum() == pytest.approx(info.size)
    assert sampler.infos[-1].sampled < sampler.infos[-1].size


def test_the_page_gets_readings_and_measurements() -> None:
    model, live = convolutional(), kw.LivePlot()
    model.fit(PICTURES, CLASSES, callbacks=[live], verbose=0)
    assert live._run is not None
    session: Any = live._run.view.insight
    replies: list[Any] = []
    session.answer({"request": "measure_layers"}, lambda ok, text: replies.append((ok, text)))
    assert replies == [(True, "")]
    part = session._tabs["layers"].part()
    json.dumps(part, allow_nan=False)
    assert part["state"] == "ready" and part["measure"] == "measured"
    assert [layer["name"] for layer in part["layers"]] == ["conv", "norm", "out"]
    assert part["layers"][0]["measured"]["zeros"] > 0
    (saved,) = session._tabs["layers"].saved()
    assert saved["layers"]["measure"] == "off"


def test_data_from_an_iterator_are_not_read_again() -> None:
    model, live = dense(), kw.LivePlot()

    def batches() -> Any:
        while True:
            yield ROWS[:16], ROWS[:16, 0]

    model.fit(batches(), steps_per_epoch=2, callbacks=[live], verbose=0)
    with pytest.raises(RuntimeError, match="come from an iterator"):
        live.layers.measure()
    assert live._run is not None
    replies: list[Any] = []
    live._run.view.insight.answer(  # type: ignore[union-attr]
        {"request": "measure_layers"}, lambda ok, text: replies.append((ok, text))
    )
    assert replies[0][0] is False and "iterator" in replies[0][1]


def test_dead_units_are_named() -> None:
    model, live = dense(), kw.LivePlot()
    kernel, bias = model.get_layer("b").get_weights()
    model.get_layer("b").set_weights([kernel, bias - 100])
    model.fit(ROWS, ROWS[:, 0], epochs=4, callbacks=[live], verbose=0)
    live.layers.measure()
    found = {finding.kind: finding for finding in live.layers.findings}
    assert found["dead"].layers == ("b",) and found["dead"].level == "error"
    assert found["unchanged"].layers == ("a", "b")


def test_a_saturated_output_has_no_gradient() -> None:
    model, live = dense(activation="tanh"), kw.LivePlot()
    model.add(layers.Dense(1, "sigmoid", name="d"))
    model.compile("sgd", "mse")
    for name, bias in (("d", 1_000.0), ("c", 0.0)):
        kernel, old = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([kernel, old + bias])
    model.fit(ROWS, 0 * ROWS[:, 0], callbacks=[live], verbose=0)
    live.layers.measure()
    assert live.layers.findings[0].kind == "no_gradient"


# Where a NaN came from.


def verdict_of(model: Any, x: Any, y: Any, **options: Any) -> Any:
    live = kw.LivePlot()
    model.fit(x, y, batch_size=16, verbose=0, callbacks=[live], **options)
    assert live._run is not None and not live._run.guard.failures
    assert live.layers.verdict is not None
    part = live._run.view.insight._tabs["layers"].part()  # type: ignore[union-attr]
    json.dumps(part, allow_nan=False)
    assert part["findings"][0]["id"] == "layers:nan"
    return live.layers.verdict


def test_a_target_that_is_nan_is_named() -> None:
    y = ROWS[:, 0].copy()
    y[[37, 40]] = np.nan
    verdict = verdict_of(dense(), ROWS, y)
    assert (verdict.cause, verdict.rows, verdict.row_count) == ("target", (37, 40), 2)
    assert verdict.batch == 2 and verdict.code == "y[37]"


@pytest.mark.skipif(
    keras.backend.backend() == "tensorflow", reason="Dense of NaN is 0 in a graph on a CPU"
)
def test_an_input_that_is_nan_is_named() -> None:
    x = ROWS.copy()
    x[50, 2] = np.inf
    verdict = verdict_of(dense(), x, ROWS[:, 0])
    assert (verdict.cause, verdict.rows, verdict.code) == ("input", (50,), "x[50]")


class Log(layers.Layer):
    """Is NaN where its input is below −3."""

    def call(self, x: Any) -> Any:
        return keras.ops.where(x < -3, keras.ops.log(x), x)


def test_a_layer_that_makes_a_nan_is_named() -> None:
    x = np.clip(ROWS, -2, 2)
    x[70, 1] = -4
    # In a graph, TensorFlow on a CPU makes 0 of a NaN that enters relu.
    model = dense(Log(name="log"), activation=None)
    verdict = verdict_of(model, x, ROWS[:, 0], shuffle=False)
    assert (verdict.cause, verdict.where, verdict.batch) == ("layer", "log", 4)
    assert "log" in translated(verdict.title)


def test_a_nan_is_told_on_the_badge_and_the_curves_while_the_tab_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = np.clip(ROWS, -2, 2)
    x[70, 1] = -4
    parts: list[Any] = []
    monkeypatch.setattr(LiveView, "send_insight", lambda _, part: parts.append(part))
    live, model = kw.LivePlot(), dense(Log(name="log"), activation=None)
    model.fit(x, ROWS[:, 0], batch_size=16, verbose=0, callbacks=[live], shuffle=False)
    sent = [part["layers"]["findings"] for part in parts if part["part"] == "layers"]
    assert [each["id"] for each in sent[0]] == ["layers:nan", "layers:not_finite"]
    assert "data first" not in sent[0][1]["text"] and "learning rate" not in sent[0][1]["text"]
    assert live._run is not None
    (notice,) = live._run.describe_progress()["notices"]
    assert notice["text"].endswith("in the layer log: see the tab Layers.")


def test_layers_none_of_which_learns_have_a_finding() -> None:
    model, live = dense(optimizer=keras.optimizers.SGD(0.0)), kw.LivePlot()
    model.fit(ROWS, ROWS[:, 0], epochs=4, callbacks=[live], verbose=0)
    (finding,) = live.layers.findings
    assert (finding.kind, finding.title) == ("unchanged", "No layer learns")


@pytest.mark.parametrize(("step", "said"), [(8, "of 1 step before"), (9, "of 2 steps before")])
def test_one_step_is_singular(step: int, said: str) -> None:
    layer = LayerMeasurement("log", None, 0.0, 0.0, 0.0, 0.0, False, finite=False)
    measured = Measurement(7, 16, float("nan"), [layer])
    verdict = measured_verdict([(4, measured)], step, 7, 16, ["log"])
    assert verdict is not None and said in translated(verdict.text)


def test_a_loss_that_makes_a_nan_is_named() -> None:
    def loss(y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.log(y - 1) + 0 * p)

    verdict = verdict_of(dense(loss=loss), ROWS, ROWS[:, 0])
    assert (verdict.cause, verdict.batch) == ("loss", 0)


def test_a_learning_rate_that_is_too_high() -> None:
    model = dense(optimizer=keras.optimizers.SGD(1e3))
    verdict = verdict_of(model, 10 * ROWS, 100 * ROWS[:, 0], epochs=3)
    assert verdict.cause in ("learning_rate", "loss", "layer", "unknown")


def test_the_verdict_with_a_guard_that_restores() -> None:
    y = ROWS[:, 0].copy()
    y[37] = np.nan
    live = kw.LivePlot(nan_guard=True)
    dense().fit(ROWS, y, batch_size=16, verbose=0, callbacks=[live])
    assert live.layers.verdict is not None and live.layers.verdict.cause == "target"
