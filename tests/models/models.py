"""Models of every kind that Keras knows, on any backend, each made once for all tests.

`MODELS` maps a name to the function that makes the model; `model(name)` returns a shared one. Tests
that change a model make their own: `MODELS[name]()`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

BACKEND = keras.backend.backend()
MODELS: dict[str, Callable[[], keras.Model]] = {}
# What ran of the code below that is written as a user would: describing must not add to it.
RAN: list[str] = []
# An orthogonal kernel takes JAX seconds to compile.
QUICK = {"recurrent_initializer": "zeros"}


def _listed(make: Callable[[], keras.Model]) -> Callable[[], keras.Model]:
    MODELS[make.__name__] = make
    return make


@functools.cache
def model(name: str) -> keras.Model:
    """Return the model of that name, shared by all tests."""
    return MODELS[name]()


# Layers and models as users write them.


class Scale(layers.Layer):
    """Own weights, and a word for each piece of code that runs."""

    def build(self, input_shape: Any) -> None:
        RAN.append("build")
        self.scale = self.add_weight(shape=(input_shape[-1],), name="scale")
        self.offset = self.add_weight(shape=(), trainable=False, name="offset")

    def call(self, inputs: Any) -> Any:
        RAN.append("call")
        return inputs * self.scale + self.offset

    def compute_output_shape(self, input_shape: Any) -> Any:
        RAN.append("compute_output_shape")
        return input_shape

    def get_config(self) -> dict[str, Any]:
        RAN.append("get_config")
        return super().get_config()


class FailingProperties(layers.Layer):
    """Nobody can ask it anything."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel = self.add_weight(shape=(3, 2), name="kernel")

    def call(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.kernel)

    def _fail(self) -> Any:
        RAN.append("property")
        raise RuntimeError("a property failed")

    @functools.cached_property
    def activation(self) -> Any:
        return self._fail()

    output_shape = property(_fail)
    input_shape = property(_fail)
    operations = property(_fail)
    layers = property(_fail)


class Unreadable(layers.Layer):
    """A layer whose attributes cannot be read once ``silent`` is set."""

    def __getattribute__(self, name: str) -> Any:
        if object.__getattribute__(self, "__dict__").get("silent"):
            raise RuntimeError(f"{name} is a secret")
        return super().__getattribute__(name)

    def call(self, inputs: Any) -> Any:
        return inputs


class Classifier(keras.Model):
    """Built by its first call."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.encoder = layers.Dense(8, activation="relu", name="encoder")
        self.dropout = layers.Dropout(0.5)
        self.head = layers.Dense(3, activation="softmax", name="head")

    def call(self, inputs: Any, training: bool = False) -> Any:
        RAN.append("call")
        return self.head(self.dropout(self.encoder(inputs), training=training))


class BuildsItself(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.first = layers.Dense(5, name="first")
        self.second = layers.Dense(2, name="second")
        self.scale = Scale(name="scale")

    def build(self, input_shape: Any) -> None:
        RAN.append("build")
        self.first.build(input_shape)
        self.scale.build((None, 5))
        self.second.build((None, 5))
        self.temperature = self.add_weight(shape=(), name="temperature")

    def call(self, inputs: Any) -> Any:
        return self.second(self.scale(self.first(inputs))) * self.temperature


class Containers(keras.Model):
    """Layers in lists, lists of lists and dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = [layers.Dense(4, name=f"block_{i}") for i in range(4)]
        self.pairs = [[layers.Dense(4), layers.ReLU()] for _ in range(2)]
        self.heads = {"a": layers.Dense(1, name="head_a"), 'b"c': layers.Dense(2, name="head_b")}
        self.scales = (Scale(name="scales_0"),)

    def call(self, inputs: Any) -> Any:
        x = inputs
        for block in self.blocks:
            x = block(x)
        for dense, relu in self.pairs:
            x = relu(dense(x))
        x = self.scales[0](x)
        return {name: head(x) for name, head in self.heads.items()}


class Forgotten(Classifier):
    """Holds a layer that it never calls."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = layers.Dense(7, name="unused")


class Residual(layers.Layer):
    """A layer of layers."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = keras.Sequential(
            [layers.Dense(units, activation="gelu"), layers.Dense(units)], name="inner"
        )
        self.norm = layers.LayerNormalization()

    def call(self, inputs: Any) -> Any:
        return self.norm(inputs + self.inner(inputs))


class WithGraph(keras.Model):
    """A functional model with a class, and with a layer beside its graph."""

    def __init__(self) -> None:
        inputs = keras.Input((4,), name="features")
        outputs = layers.Dense(2, name="inside")(inputs)
        super().__init__(inputs, outputs)
        self.beside = layers.Dense(3, name="beside")
        self.beside.build((None, 4))


class OwnNames(keras.Model):
    """Gives Keras's names another meaning."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = [layers.Dense(2, name="a"), layers.Dense(2, name="b")]

    @property
    def layers(self) -> Any:
        RAN.append("property")
        raise RuntimeError("these are ours")

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        RAN.append("get_layer")
        raise RuntimeError("this is ours")

    def call(self, inputs: Any) -> Any:
        return self.operations[1](self.operations[0](inputs))


# Sequential.


@_listed
def dense_stack() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(5, activation="relu", name="hidden"),
            layers.Dense(3, activation="softmax", name="output"),
        ],
        name="dense_stack",
    )


@_listed
def convolutional() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.SeparableConv2D(6, 3),
            layers.Activation("swish"),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Conv2DTranspose(2, 3),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(4, activation=layers.LeakyReLU()),
        ]
    )


@_listed
def unbuilt() -> keras.Model:
    return keras.Sequential([layers.Flatten(), layers.Dense(4), layers.Dropout(0.1)])


@_listed
def empty() -> keras.Model:
    return keras.Sequential()


@_listed
def only_an_input() -> keras.Model:
    return keras.Sequential([keras.Input((3,))])


@_listed
def built_by_build() -> keras.Model:
    built = keras.Sequential([layers.Flatten(), layers.Dense(4)])
    built.build((None, 2, 3))
    return built


@_listed
def built_by_data() -> keras.Model:
    built = keras.Sequential([layers.Dense(4), layers.Dense(2)])
    built(np.zeros((7, 3), "float32"))
    return built


@_listed
def twice_the_same_layer() -> keras.Model:
    pooling = layers.MaxPooling1D(name="pooling")
    dense = layers.Dense(3, name="dense_twice")
    return keras.Sequential([keras.Input((8, 3)), dense, pooling, dense, pooling])


@_listed
def weightless() -> keras.Model:
    return keras.Sequential([keras.Input((4, 4)), layers.Flatten(), layers.ReLU()])


@_listed
def augmentation() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.RandomFlip("horizontal"),
            layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 1.0, 1.0]),
            layers.Conv2D(2, 3),
        ]
    )


# Sequences.


@_listed
def recurrent() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.LSTM(4, return_sequences=True, **QUICK),
            layers.Bidirectional(layers.GRU(3, return_sequences=True, **QUICK)),
            layers.TimeDistributed(layers.Dense(2, activation="tanh")),
            layers.RNN([layers.LSTMCell(2, **QUICK), layers.GRUCell(3, **QUICK)]),
        ]
    )


@_listed
def text_classifier() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(20, 6, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, **QUICK), merge_mode="sum"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


@_listed
def with_states() -> keras.Model:
    inputs = keras.Input((5, 3))
    x, *states = layers.LSTM(4, return_state=True, name="encoder", **QUICK)(inputs)
    again = layers.RepeatVector(5)(x)
    outputs = layers.LSTM(4, name="decoder", **QUICK)(again, initial_state=states)
    return keras.Model(inputs, outputs)


@_listed
def transformer() -> keras.Model:
    inputs = keras.Input((6, 8))
    attended = layers.MultiHeadAttention(2, 4, dropout=0.1, name="attention")(inputs, inputs)
    x = layers.LayerNormalization(name="norm")(layers.Add(name="add")([inputs, attended]))
    outputs = layers.Dense(8, activation="gelu", name="mlp")(x)
    return keras.Model(inputs, outputs, name="transformer")


@_listed
def conv_lstm() -> keras.Model:
    return keras.Sequential([keras.Input((3, 6, 6, 1)), layers.ConvLSTM2D(2, 3, **QUICK)])


# Graphs.


@_listed
def branches() -> keras.Model:
    inputs = keras.Input((8,), name="features")
    left = layers.Dense(4, activation="relu", name="left")(inputs)
    right = layers.Dense(5, name="right")(inputs)
    joined = layers.Concatenate(name="joined")([left, right])
    return keras.Model(inputs, layers.Dense(1, name="score")(joined), name="branches")


@_listed
def shared_layer() -> keras.Model:
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    shared = layers.Dense(3, name="shared")
    distance = layers.Subtract(name="distance")([shared(first), shared(second)])
    return keras.Model([first, second], layers.Dense(1, name="score")(distance))


@_listed
def many_in_many_out() -> keras.Model:
    image, words = keras.Input((4, 4, 1), name="image"), keras.Input((6,), name="words")
    joined = layers.Concatenate()([layers.Flatten()(image), layers.Dense(3)(words)])
    return keras.Model(
        [image, words],
        [layers.Dense(2, name="kind")(joined), layers.Dense(1, name="price")(joined)],
    )


@_listed
def dict_in_dict_out() -> keras.Model:
    inputs = {"b": keras.Input((2,), name="b"), "a": keras.Input((3,), name="a")}
    joined = layers.Concatenate()([inputs["b"], inputs["a"]])
    return keras.Model(inputs, {"z": layers.Dense(1)(joined), "y": layers.Dense(2)(joined)})


@_listed
def operations() -> keras.Model:
    inputs = keras.Input((4,))
    x = layers.Dense(4, name="dense")(inputs)
    x = ops.relu(x + 1.0)
    x = ops.add(x, inputs)
    return keras.Model(inputs, ops.concatenate([x, inputs * 2.0], axis=-1))


@_listed
def from_within_another() -> keras.Model:
    whole = model("branches")
    return keras.Model(whole.get_layer("left").output, 2.0 * whole.get_layer("left").output)


@_listed
def layer_of_another_model() -> keras.Model:
    """Its dense layer is called in another model too, on another shape."""
    inputs = keras.Input((3, 4), name="longer")
    return keras.Model(inputs, model("shared_layer").get_layer("shared")(inputs))


@_listed
def unused_input() -> keras.Model:
    used, unused = keras.Input((2,), name="used"), keras.Input((3,), name="unused")
    return keras.Model([used, unused], layers.Dense(1)(used))


# Models in models.


@_listed
def nested() -> keras.Model:
    backbone = keras.Sequential(
        [keras.Input((8,)), layers.Dense(4, name="conv"), layers.BatchNormalization()],
        name="backbone",
    )
    inputs = keras.Input((8,))
    return keras.Model(inputs, layers.Dense(2, name="head")(backbone(inputs)), name="nested")


@_listed
def siamese() -> keras.Model:
    inside = keras.Input((4,), name="inside")
    tower = keras.Model(inside, layers.Dense(3, name="embed")(inside), name="tower")
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    return keras.Model([first, second], layers.Dot(1)([tower(first), tower(second)]))


@_listed
def shared_across_levels() -> keras.Model:
    shared = layers.Dense(4, name="shared")
    inside = keras.Input((4,))
    inner = keras.Model(inside, shared(inside), name="inner")
    inputs = keras.Input((4,))
    return keras.Model(inputs, shared(inner(inputs)), name="outer")


@_listed
def deeply_nested() -> keras.Model:
    built = keras.Sequential([keras.Input((3,)), layers.Dense(3)], name="level_0")
    for level in range(1, 12):
        built = keras.Sequential([keras.Input((3,)), built, layers.Dense(3)], name=f"level_{level}")
    return built


# Subclasses.


@_listed
def subclassed() -> keras.Model:
    built = Classifier(name="classifier")
    built(np.zeros((2, 6), "float32"))
    return built


@_listed
def subclassed_unbuilt() -> keras.Model:
    return Classifier()


@_listed
def subclassed_called_on_symbols() -> keras.Model:
    built = Classifier()
    built(keras.Input((6,)))
    return built


@_listed
def subclassed_with_build() -> keras.Model:
    built = BuildsItself()
    built.build((None, 4))
    return built


@_listed
def containers() -> keras.Model:
    built = Containers()
    built(np.zeros((1, 4), "float32"))
    return built


@_listed
def forgotten_layer() -> keras.Model:
    built = Forgotten()
    built(np.zeros((2, 6), "float32"))
    return built


@_listed
def functional_subclass() -> keras.Model:
    return WithGraph()


@_listed
def own_names() -> keras.Model:
    built = OwnNames()
    built(np.zeros((2, 3), "float32"))
    return built


@_listed
def custom_layers() -> keras.Model:
    return keras.Sequential(
        [keras.Input((4,)), Scale(name="scale"), Residual(4, name="residual"), layers.Dense(1)]
    )


@_listed
def failing_properties() -> keras.Model:
    inputs = keras.Input((3,))
    return keras.Model(inputs, layers.Dense(1)(FailingProperties(name="failing")(inputs)))


@_listed
def wrapped_custom_layer() -> keras.Model:
    built = keras.Sequential([layers.TimeDistributed(Scale(name="inside"), name="around")])
    built.add(layers.SpectralNormalization(layers.Dense(2), name="normalized"))
    built(np.zeros((2, 3, 4), "float32"))
    return built


# Dtypes, and what is trained.


@_listed
def mixed_precision() -> keras.Model:
    inputs = keras.Input((4,))
    x = layers.Dense(3, dtype="mixed_float16", name="half")(inputs)
    return keras.Model(inputs, layers.Dense(2, dtype="float32", name="full")(x))


@_listed
def brain_floats() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, dtype="bfloat16")])


@_listed
def quantized() -> keras.Model:
    built = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="integers")])
    built.quantize("int8")
    return built


@_listed
def frozen_part() -> keras.Model:
    built = nested()
    built.get_layer("backbone").trainable = False
    return built


@_listed
def frozen() -> keras.Model:
    built = dense_stack()
    built.trainable = False
    built.get_layer("hidden").trainable = True
    return built


@_listed
def low_rank() -> keras.Model:
    built = keras.Sequential([keras.Input((8,)), layers.Dense(8, name="adapted")])
    built.get_layer("adapted").enable_lora(2)
    return built


if BACKEND == "tensorflow":

    @_listed
    def lookup() -> keras.Model:
        vocabulary = layers.StringLookup(vocabulary=["a", "b"], name="lookup")
        inputs = keras.Input((3,), dtype="string")
        return keras.Model(inputs, layers.Embedding(4, 2)(vocabulary(inputs)))

    # These take seconds each elsewhere, and their layers are no others.
    def _application(name: str, size: int) -> None:
        make = getattr(keras.applications, name)
        MODELS[name] = lambda: make(weights=None, input_shape=(size, size, 3), classes=10)

    for _name, _size in {
        "EfficientNetV2B0": 32,
        "EfficientNetV2L": 32,
        "MobileNetV3Small": 64,
        "MobileNetV3Large": 64,
        "ResNet50V2": 32,
        "ResNet152V2": 32,
        "Xception": 71,
    }.items():
        _application(_name, _size)

_LARGE = {"EfficientNetV2L": "EfficientNetV2B0", "ResNet152V2": "ResNet50V2"}
# For tests that take every model by its name.
NAMES = [
    pytest.param(name, marks=pytest.mark.slow(f"{_LARGE[name]} has the same layers, fewer of them"))
    if name in _LARGE
    else name
    for name in sorted(MODELS)
]
