"""Details of a layer: its config, and statistics of its weights."""

from __future__ import annotations

import json
import threading
from typing import Any

import keras
import numpy as np
import pytest

from kwidgets.models.describe.layer_detail import copy_layer
from kwidgets.models.describe.layer_tree import NoSuchLayerError
from kwidgets.models.describe.short_json import short_json
from kwidgets.models.summary_data import LayerDetail


def detail(model: keras.Model, path: str) -> LayerDetail:
    return copy_layer(model, path, lambda path: f"model[{path}]").detail("now")


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, "relu", name="first"), keras.layers.Dense(2)]
    )


def test_numbers_of_a_weight(model: keras.Model) -> None:
    values = np.array([[1, 0, -2], [3, 0, 4], [5, 0, 6], [7, 0, 8]], "float32")
    model.layers[0].set_weights([values, np.zeros(3, "float32")])
    layer_detail = detail(model, "0")
    kernel, bias = layer_detail.weights
    assert (kernel.name, kernel.shape, kernel.dtype) == ("kernel", (4, 3), "float32")
    assert (kernel.minimum, kernel.maximum, kernel.zero) == (-2, 8, 4)
    assert kernel.mean == pytest.approx(values.mean())
    assert kernel.standard_deviation == pytest.approx(values.std())
    assert kernel.histogram is not None and sum(kernel.histogram.counts) == 12
    assert (kernel.units, kernel.dead_units) == (3, 1)
    assert bias.histogram is None and bias.zero == 3 and bias.units is None
    assert layer_detail.module == "keras.layers" and layer_detail.when == "now"
    assert layer_detail.trainable_code == "model[0].trainable = False"
    assert json.loads(layer_detail.config or "")["units"] == 3


def test_bad_values_are_counted_and_left_out(model: keras.Model) -> None:
    values = np.ones((4, 3), "float32")
    values[0] = [np.nan, np.inf, -np.inf]
    model.layers[0].set_weights([values, np.full(3, np.nan, "float32")])
    kernel, bias = detail(model, "0").weights
    assert (kernel.nan, kernel.infinite, kernel.minimum, kernel.maximum) == (1, 2, 1, 1)
    assert bias.nan == 3 and bias.minimum is None and bias.histogram is None


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "mixed_float16"])
def test_every_precision(dtype: str) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype=dtype)])
    kernel = detail(model, "0").weights[0]
    assert kernel.problem is None and kernel.histogram is not None


def test_layers_without_values() -> None:
    model = keras.Sequential([keras.layers.Dropout(0.1), keras.layers.Dense(3)])
    assert detail(model, "0").weights == detail(model, "1").weights == ()
    whole = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    assert len(detail(whole, "").weights) == 2


def test_large_weights_are_looked_at_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwidgets.models.describe.layer_detail.MAX_VALUES", 1000)
    model = keras.Sequential([keras.Input((100,)), keras.layers.Dense(99)])
    kernel = detail(model, "0").weights[0]
    assert kernel.parameters == 9900 and kernel.looked_at == 990


def test_transposed_kernels_have_their_units_elsewhere() -> None:
    layer = keras.layers.Conv2DTranspose(5, 3)
    model = keras.Sequential([keras.Input((4, 4, 2)), layer])
    kernel, bias = layer.get_weights()
    kernel[:, :, 1] = 0
    layer.set_weights([kernel, bias])
    kernel = detail(model, "0").weights[0]
    assert (kernel.units, kernel.dead_units) == (5, 1)


class Odd(keras.layers.Layer):
    def __init__(self, thing: Any) -> None:
        super().__init__()
        self.thing = thing

    def get_config(self) -> dict[str, Any]:
        if self.thing is None:
            raise RuntimeError("no config for you")
        return {"thing": self.thing}


class Mute:
    def __repr__(self) -> str:
        raise AssertionError("was asked")


def test_config_of_the_users_own() -> None:
    model = keras.Sequential([keras.Input((2,)), Odd(Mute()), Odd(None)])
    assert json.loads(detail(model, "0").config or "") == {"thing": "<Mute>"}
    failed = detail(model, "1")
    assert failed.config is None and "no config for you" in str(failed.config_problem)


def test_a_config_that_is_too_large_is_cut_and_says_so() -> None:
    things: list[Any] = ["x" * 50_000_000, list(range(10**6)), {str(i): i for i in range(10**5)}]
    model = keras.Sequential([keras.Input((2,)), Odd(things)])
    text = detail(model, "0").config or ""
    assert len(text) < 100_000
    long, many, mapping = json.loads(text)["thing"]
    assert "(50,000,000 characters)" in long
    assert many[:3] == [0, 1, 2] and "more)" in many[-1]
    assert mapping["0"] == 0 and "more)" in mapping["…"]
    deep: Any = 1
    for _ in range(10_000):
        deep = [deep]
    assert len(short_json([deep] * 10)) < 100_000


def test_a_config_that_takes_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwidgets.models.describe.layer_detail._CONFIG_SECONDS", 0.1)
    stopped = threading.Event()

    class Hangs(keras.layers.Layer):
        def get_config(self) -> dict[str, Any]:
            try:
                while True:
                    pass
            finally:
                stopped.set()

    found = detail(keras.Sequential([keras.Input((2,)), Hangs()]), "0")
    assert found.config is None and "0.1 seconds" in str(found.config_problem)
    assert stopped.wait(60)


def test_a_path_that_leads_nowhere(model: keras.Model) -> None:
    with pytest.raises(NoSuchLayerError, match="has changed"):
        detail(model, "5")


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX gives memory away")
def test_memory_that_jax_gave_away(model: keras.Model) -> None:
    model.layers[0].kernel.value.delete()
    kernel, bias = detail(model, "0").weights
    assert "Cannot read its values now" in str(kernel.problem) and bias.problem is None
