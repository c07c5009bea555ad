"""Keras objects become specs with the fewest arguments that recreate them."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

from kwidgets.builder import convert
from kwidgets.builder.convert import frozen_layers
from kwidgets.builder.spec import ModelSpec, ObjectSpec, Reference
from tests.builder.round_trip.stacks import OWN


def arguments_of(thing: Any) -> dict[str, Any]:
    return dict(convert.spec_of_object(thing).arguments)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (lambda: layers.Dense(3), {"units": 3}),
        (lambda: layers.Dense(3, "relu"), {"units": 3, "activation": "relu"}),
        (lambda: layers.Dense(3, kernel_initializer="glorot_uniform"), {"units": 3}),
        (
            lambda: layers.Dense(3, kernel_initializer=keras.initializers.HeNormal()),
            {"units": 3, "kernel_initializer": "he_normal"},
        ),
        (
            lambda: layers.Dense(3, kernel_initializer=keras.initializers.HeNormal(seed=1)),
            {
                "units": 3,
                "kernel_initializer": ObjectSpec("keras.initializers.HeNormal", {"seed": 1}),
            },
        ),
        (lambda: layers.Dense(3, dtype="mixed_float16"), {"units": 3, "dtype": "mixed_float16"}),
        (lambda: layers.MaxPooling2D(), {}),
        (lambda: layers.MaxPooling2D(2, strides=2), {}),
        (lambda: layers.Flatten(trainable=False), {"trainable": False}),
        (lambda: layers.BatchNormalization(momentum=0.9), {"momentum": 0.9}),
    ],
)
def test_only_arguments_that_differ_are_written(layer: Any, expected: dict[str, Any]) -> None:
    found = arguments_of(layer())
    found.pop("name")
    assert found == expected


def test_values_that_build_sets_are_not_written() -> None:
    layer = layers.LayerNormalization()
    layer.build((None, 3))
    assert set(arguments_of(layer)) == {"name"}


def test_functions_and_objects_of_the_user_are_kept_as_references() -> None:
    layer = layers.Dense(3, activation=OWN["my_activation"], kernel_initializer=OWN["Noisy"](0.3))
    arguments = arguments_of(layer)
    assert arguments["activation"] == Reference(OWN["my_activation"], "")
    assert arguments["kernel_initializer"].arguments == {"value": 0.3}


def test_describing_a_layer_does_not_change_it() -> None:
    cells = [layers.LSTMCell(3), layers.SimpleRNNCell(2)]
    layer = layers.Bidirectional(layers.RNN(layers.StackedRNNCells(cells)))
    before = layer.get_config()
    spec = convert.spec_of_layer(layer)
    assert layer.get_config() == before
    assert not spec.object.from_config and spec.object.live is None


def test_describing_needs_no_names() -> None:
    keras.utils.clear_session(free_memory=False)
    convert.spec_of_layer(layers.Bidirectional(layers.LSTM(3)))
    assert layers.LSTM(3).name == "lstm_1"


def test_a_global_dtype_policy_is_written() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert arguments_of(layers.Dense(3))["dtype"] == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")


class Forgetful(layers.Layer):
    """A layer whose config does not contain its arguments."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError


def test_a_layer_without_config_is_kept_as_a_reference() -> None:
    layer = Forgetful(3)
    spec = convert.spec_of_object(layer)
    assert spec.live is not None and spec.live.value is layer
    assert convert.make_object(spec) is layer


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.Adam(0.01),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda: keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(0.1, 100)),
    ],
)
def test_optimizers_are_recreated(optimizer: Any) -> None:
    given = optimizer()
    value = convert.value_of(given)
    made = convert.make_value(value)
    assert convert.same_config({**made.get_config(), "name": given.name}, given.get_config())
    assert "name" not in value.arguments


def test_only_a_layer_is_a_layer() -> None:
    with pytest.raises(convert.ConversionError, match="expected a layer"):
        convert.spec_of_layer(3)  # type: ignore[arg-type]


def test_freezing_includes_all_inner_layers() -> None:
    inner = keras.Sequential(
        [keras.Input((4, 4, 3)), layers.Dense(2), layers.SpatialDropout2D(0.1)]
    )
    entry = convert.spec_of_layer(layers.TimeDistributed(inner))
    spec = frozen_layers.assign_trainable(ModelSpec(layers=(entry,)), False)
    (frozen,) = spec.layers
    assert not spec.trainable and frozen_layers.is_frozen(frozen)
    assert frozen.arguments["trainable"] is False
    given, dense, dropout = frozen.arguments["layer"].arguments["layers"]
    assert dense.arguments["trainable"] is False
    assert "trainable" not in given.arguments and "trainable" not in dropout.arguments
    assert not frozen_layers.is_frozen(entry)
    assert frozen_layers.assign_trainable(spec, True) == ModelSpec(layers=(entry,))
