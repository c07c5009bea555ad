"""Generated stacks: every layer class that a Sequential takes, with arguments of every kind."""

from __future__ import annotations

import dataclasses
import inspect
import random
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import constraints, initializers, layers, regularizers

from kwidgets.dry_run import no_trace
from tests.builder.round_trip.cells import run_cell

TEXT = ["the", "cat", "dog", "mat"]

# Defined in a notebook, as far as the builder can tell.
OWN = run_cell(
    '''
import keras
from keras import layers, ops

SLOPE = 0.3


def helper(x):
    return ops.maximum(x, SLOPE * x)


def my_activation(x):
    return helper(x) + 0.1


@keras.saving.register_keras_serializable("mine")
class Scale(layers.Layer):
    """Multiplies."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.gain = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gain")

    def call(self, x):
        return x * self.gain * self.factor

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Shift(layers.Layer):
    def call(self, x):
        return helper(x) + 1.0


class Noisy(keras.initializers.Initializer):
    def __init__(self, value=0.5):
        self.value = value

    def __call__(self, shape, dtype=None):
        return ops.full(shape, self.value, dtype=dtype)

    def get_config(self):
        return {"value": self.value}


def my_initializer(shape, dtype=None):
    return ops.ones(shape, dtype=dtype)


def my_regularizer(x):
    return 0.01 * ops.sum(ops.abs(x))
'''
)


@dataclasses.dataclass(frozen=True)
class Case:
    """A model to take through a builder and back. ``make`` is called once."""

    name: str
    make: Callable[[], keras.Sequential]
    # Whether the process has made no layers yet, as far as Keras knows.
    fresh: bool = True
    outputs: bool = True


def pick(rng: random.Random, values: list[Any]) -> Any:
    """Choose one of ``values``; those that are functions are called for a new object."""
    value = rng.choice(values)
    return value() if inspect.isfunction(value) and value.__name__ == "<lambda>" else value


INITIALIZERS: list[Any] = [
    "he_normal",
    "zeros",
    "ones",
    "random_normal",
    lambda: initializers.HeNormal(seed=3),
    lambda: initializers.RandomNormal(mean=0.5, stddev=0.02, seed=1),
    lambda: initializers.RandomUniform(-0.1, 0.1),
    lambda: initializers.TruncatedNormal(stddev=0.1),
    lambda: initializers.VarianceScaling(scale=2.0, mode="fan_out", distribution="uniform"),
    lambda: initializers.GlorotNormal(),
    lambda: initializers.Constant(0.1),
    lambda: OWN["Noisy"](0.25),
    lambda: OWN["my_initializer"],
]
REGULARIZERS: list[Any] = [
    "l2",
    lambda: regularizers.L1(1e-3),
    lambda: regularizers.L2(0.02),
    lambda: regularizers.L1L2(l1=1e-5, l2=1e-4),
    lambda: OWN["my_regularizer"],
]
CONSTRAINTS: list[Any] = [
    "non_neg",
    lambda: constraints.MaxNorm(3),
    lambda: constraints.MaxNorm(max_value=1.5, axis=0),
    lambda: constraints.UnitNorm(),
    lambda: constraints.MinMaxNorm(min_value=0.1, max_value=2.0, rate=0.5),
]
ACTIVATIONS: list[Any] = [
    "relu",
    "gelu",
    "tanh",
    "leaky_relu",
    "linear",
    keras.activations.silu,
    keras.activations.elu,
    OWN["my_activation"],
    lambda: layers.LeakyReLU(negative_slope=0.1),
    lambda: layers.ReLU(max_value=6.0),
]
SEEDS: list[Any] = [1, 42]
RANGES: list[Any] = [(0, 1), (0.0, 1.0), (-1, 1)]
FILLS: list[Any] = ["constant", "nearest", "wrap", "reflect"]
FACTORS: list[Any] = [0.1, (-0.2, 0.3), 0.25]
POSITIVE: list[Any] = [0.5, (0.1, 0.9), 0.25]

# By the end of a parameter's name, for layers of all kinds.
COMMON: dict[str, list[Any]] = {
    "_initializer": INITIALIZERS,
    "_regularizer": REGULARIZERS,
    "_constraint": CONSTRAINTS,
    "activation": ACTIVATIONS,
    "use_bias": [False],
    "seed": SEEDS,
    "epsilon": [1e-5, 0.01],
    "momentum": [0.9, 0.5],
    "center": [False],
    "scale": [False],
    "unit_forget_bias": [False],
    "go_backwards": [True],
    "return_sequences": [True],
    "dropout": [0.2],
    "fill_mode": FILLS,
    "fill_value": [0.5],
    "value_range": RANGES,
    "interpolation": ["nearest", "bilinear"],
    "keepdims": [True],
    "reset_after": [False],
    "unroll": [True],
    "l1": [0.01],
    "l2": [0.02],
    "data_format": ["channels_last"],
}

SHAPES: dict[str, dict[str, Any]] = {
    "vector": {"shape": (8,)},
    "sequence": {"shape": (12, 6)},
    "open": {"shape": (None, 6)},
    "image": {"shape": (12, 12, 3)},
    "volume": {"shape": (6, 6, 6, 2)},
    "lines": {"shape": (3, 8, 2)},
    "video": {"shape": (3, 8, 8, 2)},
    "volumes": {"shape": (2, 4, 4, 4, 2)},
    "ints": {"shape": (10,), "dtype": "int32"},
    "strings": {"shape": (1,), "dtype": "string"},
    "wave": {"shape": (2048,)},
    "waves": {"shape": (512, 1)},
}

Options = dict[str, list[Any]]


def _convolution(size: int, one: Any, two: Any, **more: list[Any]) -> Options:
    return {
        "kernel_size": [size, one, 2],
        "strides": [2, two],
        "padding": ["same", "valid"],
        "dilation_rate": [1, 2],
        **more,
    }


def _pooling(one: Any, strides: Any) -> Options:
    return {"pool_size": [2, one], "strides": [1, strides], "padding": ["same"]}


# What goes in, what must be given, and what may be. Classes not named here take no arguments of
# their own that COMMON does not know.
TABLE: dict[str, tuple[str, Options, Options]] = {
    "Dense": ("vector", {"units": [3, 5]}, {}),
    "Embedding": (
        "ints",
        {"input_dim": [20], "output_dim": [4]},
        {"mask_zero": [True], "lora_rank": [None]},
    ),
    "EinsumDense": (
        "sequence",
        {"equation": ["abc,cd->abd"], "output_shape": [(None, 4), [None, 3]]},
        {"bias_axes": ["d"]},
    ),
    "Lambda": ("vector", {"function": [OWN["my_activation"], OWN["helper"]]}, {}),
    "Masking": ("sequence", {}, {"mask_value": [-1.0]}),
    "ReversibleEmbedding": (
        "ints",
        {"input_dim": [20], "output_dim": [4]},
        {"tie_weights": [False], "mask_zero": [True], "logit_soft_cap": [30.0]},
    ),
    "Conv1D": (
        "sequence",
        {"filters": [4], "kernel_size": [3, (2,)]},
        {"strides": [1, 2], "padding": ["same", "causal"], "groups": [2]},
    ),
    "Conv2D": (
        "image",
        {"filters": [3, 6], "kernel_size": [3, (2, 3)]},
        {"strides": [2, (2, 1)], "padding": ["same"], "groups": [3]},
    ),
    "Conv3D": (
        "volume",
        {"filters": [4], "kernel_size": [2, (2, 1, 2)]},
        {"strides": [2, (1, 2, 1)], "padding": ["same"]},
    ),
    "Conv1DTranspose": (
        "sequence",
        {"filters": [4], "kernel_size": [3]},
        {"strides": [2], "padding": ["same"]},
    ),
    "Conv2DTranspose": (
        "image",
        {"filters": [4], "kernel_size": [3, (2, 3)]},
        {"strides": [2, (2, 3)], "padding": ["same"]},
    ),
    "Conv3DTranspose": (
        "volume",
        {"filters": [2], "kernel_size": [2]},
        {"strides": [2], "padding": ["same"]},
    ),
    "DepthwiseConv1D": (
        "sequence",
        {"kernel_size": [3]},
        {"strides": [2], "padding": ["same"], "depth_multiplier": [2]},
    ),
    "DepthwiseConv2D": (
        "image",
        {"kernel_size": [3, (2, 2)]},
        {"strides": [2], "padding": ["same"], "depth_multiplier": [2]},
    ),
    "SeparableConv1D": (
        "sequence",
        {"filters": [4], "kernel_size": [3]},
        {"strides": [2], "padding": ["same"], "depth_multiplier": [2]},
    ),
    "SeparableConv2D": (
        "image",
        {"filters": [4], "kernel_size": [3]},
        {"strides": [2], "padding": ["same"], "depth_multiplier": [2]},
    ),
    **{
        f"{kind}Pooling{n}D": (
            shape,
            {"pool_size": [2, (2,) * n]},
            {"strides": [1, (2,) * n], "padding": ["same"]},
        )
        for kind in ("Max", "Average")
        for n, shape in ((1, "sequence"), (2, "image"), (3, "volume"))
    },
    **{
        f"Global{kind}Pooling{n}D": (shape, {}, {})
        for kind in ("Max", "Average")
        for n, shape in ((1, "sequence"), (2, "image"), (3, "volume"))
    },
    **{
        f"Adaptive{kind}Pooling{n}D": (shape, {"output_size": [2, (2,) * n]}, {})
        for kind in ("Max", "Average")
        for n, shape in ((1, "sequence"), (2, "image"), (3, "volume"))
    },
    "LSTM": (
        "sequence",
        {"units": [3]},
        {
            "recurrent_activation": ["hard_sigmoid", "relu"],
            "stateful": [False],
            "use_cudnn": [False],
        },
    ),
    "GRU": ("sequence", {"units": [3]}, {"recurrent_activation": ["hard_sigmoid"]}),
    "SimpleRNN": ("sequence", {"units": [3]}, {}),
    "RNN": (
        "sequence",
        {
            "cell": [
                lambda: layers.LSTMCell(3),
                lambda: layers.GRUCell(4, dropout=0.1, seed=5, name="my_cell"),
                lambda: layers.StackedRNNCells([layers.LSTMCell(3), layers.SimpleRNNCell(2)]),
                lambda: [layers.LSTMCell(2, activation="relu"), layers.GRUCell(2)],
                lambda: layers.SimpleRNNCell(2, kernel_regularizer="l2"),
            ]
        },
        {},
    ),
    "ConvLSTM1D": ("lines", {"filters": [2], "kernel_size": [3, (2,)]}, {"padding": ["same"]}),
    "ConvLSTM2D": ("video", {"filters": [2], "kernel_size": [3, (2, 2)]}, {"padding": ["same"]}),
    "ConvLSTM3D": ("volumes", {"filters": [2], "kernel_size": [2]}, {"padding": ["same"]}),
    "BatchNormalization": (
        "image",
        {},
        {"axis": [1, [3], -1], "renorm": [False], "synchronized": [False]},
    ),
    "LayerNormalization": ("sequence", {}, {"axis": [[1, 2], (1, 2), 1]}),
    "GroupNormalization": ("image", {"groups": [3, 1, -1]}, {}),
    "RMSNormalization": ("vector", {}, {"axis": [-1, 1]}),
    "UnitNormalization": ("vector", {}, {"axis": [1, -1]}),
    "Dropout": ("vector", {"rate": [0.5, 0.25, 0]}, {"noise_shape": [(None, 1), (2, 8)]}),
    "AlphaDropout": ("vector", {"rate": [0.5]}, {"noise_shape": [(None, 1)]}),
    "GaussianDropout": ("vector", {"rate": [0.5]}, {}),
    "GaussianNoise": ("vector", {"stddev": [0.1, 1]}, {}),
    "SpatialDropout1D": ("sequence", {"rate": [0.5]}, {}),
    "SpatialDropout2D": ("image", {"rate": [0.5]}, {}),
    "SpatialDropout3D": ("volume", {"rate": [0.5]}, {}),
    "Activation": ("vector", {"activation": ACTIVATIONS}, {}),
    "ReLU": ("vector", {}, {"max_value": [6.0, 6], "negative_slope": [0.1], "threshold": [0.5]}),
    "LeakyReLU": ("vector", {}, {"negative_slope": [0.1]}),
    "Softmax": ("sequence", {}, {"axis": [1, (1, 2), [1, 2]]}),
    "ELU": ("vector", {}, {"alpha": [0.5]}),
    "PReLU": ("image", {}, {"shared_axes": [[1, 2], (1, 2), 3]}),
    "Flatten": ("image", {}, {}),
    "Reshape": ("vector", {"target_shape": [(2, 4), [4, 2], (-1, 2), (8, 1, 1)]}, {}),
    "Cropping1D": ("sequence", {}, {"cropping": [2, (1, 3)]}),
    "Cropping2D": ("image", {}, {"cropping": [1, (1, 2), ((1, 0), (2, 1))]}),
    "Cropping3D": ("volume", {}, {"cropping": [2, (1, 2, 0), ((1, 0), (2, 1), (0, 1))]}),
    "Permute": ("sequence", {"dims": [(2, 1), [2, 1]]}, {}),
    "RepeatVector": ("vector", {"n": [3]}, {}),
    "UpSampling1D": ("sequence", {}, {"size": [3]}),
    "UpSampling2D": ("image", {}, {"size": [3, (1, 2)], "interpolation": ["bilinear", "nearest"]}),
    "UpSampling3D": ("volume", {}, {"size": [3, (1, 2, 1)]}),
    "ZeroPadding1D": ("sequence", {}, {"padding": [2, (1, 3)]}),
    "ZeroPadding2D": ("image", {}, {"padding": [2, (1, 2), ((1, 0), (2, 1))]}),
    "ZeroPadding3D": ("volume", {}, {"padding": [2, (1, 2, 0), ((1, 0), (2, 1), (0, 1))]}),
    "Bidirectional": (
        "sequence",
        {
            "layer": [
                lambda: layers.LSTM(3),
                lambda: layers.GRU(3, return_sequences=True),
                lambda: layers.LSTM(2, activation="relu", dropout=0.1, seed=1, name="inner"),
                lambda: layers.RNN(layers.SimpleRNNCell(2)),
            ]
        },
        {"merge_mode": ["sum", "mul", "ave"]},
    ),
    "TimeDistributed": (
        "sequence",
        {
            "layer": [
                lambda: layers.Dense(3),
                lambda: layers.Dense(2, activation="relu", name="inside"),
                lambda: layers.Activation("relu"),
                lambda: keras.Sequential([layers.Dense(3), layers.Dropout(0.2, seed=1)]),
            ]
        },
        {},
    ),
    "Pipeline": (
        "image",
        {
            "layers": [
                lambda: [layers.Rescaling(1 / 255), layers.RandomFlip(seed=1)],
                lambda: [layers.RandomRotation(0.1, seed=2, name="turn")],
            ]
        },
        {},
    ),
    "SpectralNormalization": (
        "vector",
        {"layer": [lambda: layers.Dense(3), lambda: layers.Dense(2, name="inside")]},
        {"power_iterations": [2]},
    ),
    "Rescaling": ("image", {"scale": [1 / 255, 2, 1.0 / 127.5]}, {"offset": [-1, 0.5]}),
    "Resizing": (
        "image",
        {"height": [6], "width": [7]},
        {"interpolation": ["nearest"], "crop_to_aspect_ratio": [True], "antialias": [True]},
    ),
    "CenterCrop": ("image", {"height": [6], "width": [7]}, {}),
    "ContrastLimitedAdaptiveHistogramEqualization": (
        "image",
        {},
        {"clip_limit": [2.0], "tile_grid_size": [(4, 4)]},
    ),
    "Equalization": ("image", {}, {"bins": [64]}),
    "RandomFlip": ("image", {}, {"mode": ["horizontal", "vertical"]}),
    "RandomRotation": ("image", {"factor": FACTORS}, {}),
    "RandomZoom": ("image", {"height_factor": FACTORS}, {"width_factor": FACTORS}),
    "AugMix": ("image", {}, {"num_chains": [2], "factor": [0.2], "all_ops": [False]}),
    "CutMix": ("image", {}, {"factor": [0.5]}),
    "MixUp": ("image", {}, {"alpha": [0.5]}),
    "RandAugment": ("image", {}, {"num_ops": [1], "factor": [0.2]}),
    "RandomBrightness": ("image", {"factor": [0.2, (-0.1, 0.1)]}, {}),
    "RandomColorDegeneration": ("image", {"factor": POSITIVE}, {}),
    "RandomColorJitter": (
        "image",
        {},
        {
            "brightness_factor": [0.2],
            "contrast_factor": [0.1, (0.1, 0.2)],
            "hue_factor": [0.2],
            "saturation_factor": [0.3],
        },
    ),
    "RandomContrast": ("image", {"factor": [0.2, (0.1, 0.3)]}, {}),
    "RandomCrop": ("image", {"height": [6], "width": [7]}, {}),
    "RandomElasticTransform": ("image", {}, {"factor": [0.5], "scale": [0.5]}),
    "RandomErasing": ("image", {}, {"factor": [0.5], "scale": [(0.1, 0.2)], "fill_value": [0.0]}),
    "RandomGaussianBlur": (
        "image",
        {},
        {"factor": [0.5], "kernel_size": [5], "sigma": [(0.1, 0.5)]},
    ),
    "RandomGrayscale": ("image", {}, {"factor": [0.2]}),
    "RandomHue": ("image", {"factor": POSITIVE}, {}),
    "RandomInvert": ("image", {}, {"factor": [0.5]}),
    "RandomPerspective": ("image", {}, {"factor": [0.5], "scale": [0.3]}),
    "RandomPosterization": ("image", {"factor": [4, 2]}, {}),
    "RandomSaturation": ("image", {"factor": POSITIVE}, {}),
    "RandomSharpness": ("image", {"factor": POSITIVE}, {}),
    "RandomShear": ("image", {}, {"x_factor": [0.2, (0.0, 0.3)], "y_factor": [0.1]}),
    "RandomTranslation": ("image", {"height_factor": FACTORS, "width_factor": FACTORS}, {}),
    "Solarization": ("image", {}, {"addition_factor": [0.2], "threshold_factor": [(0.1, 0.4)]}),
    "AutoContrast": ("image", {}, {}),
    "Normalization": (
        "vector",
        {},
        {"mean": [0.5, lambda: np.arange(8.0)], "variance": [2.0], "axis": [-1], "invert": [True]},
    ),
    "TextVectorization": (
        "strings",
        {"vocabulary": [TEXT]},
        {
            "standardize": ["lower", None, "strip_punctuation"],
            "split": ["character", "whitespace"],
            "output_sequence_length": [5],
            "ngrams": [2],
            "max_tokens": [100],
        },
    ),
    "CategoryEncoding": ("ints", {"num_tokens": [6]}, {"output_mode": ["count", "multi_hot"]}),
    "Discretization": (
        "vector",
        {"bin_boundaries": [[0.2, 0.5], [0.0, 0.5, 1.0]]},
        {"output_mode": ["int"]},
    ),
    "Hashing": ("ints", {"num_bins": [5]}, {"salt": [[1, 2], 133], "mask_value": [1]}),
    "IntegerLookup": (
        "ints",
        {"vocabulary": [[1, 2, 3]]},
        {"output_mode": ["multi_hot", "int"], "num_oov_indices": [1], "max_tokens": [10]},
    ),
    "StringLookup": (
        "strings",
        {"vocabulary": [TEXT]},
        {"output_mode": ["multi_hot", "int"], "oov_token": ["?"], "mask_token": [""]},
    ),
    "MelSpectrogram": (
        "wave",
        {"fft_length": [256]},
        {"sequence_stride": [128], "num_mel_bins": [16]},
    ),
    "STFTSpectrogram": (
        "waves",
        {"frame_length": [64]},
        {"mode": ["magnitude", "psd"], "frame_step": [32]},
    ),
    "Identity": ("vector", {}, {}),
    "ActivityRegularization": ("vector", {}, {}),
}

VARIANTS = 5
_NAMES = ["first", "my_layer", "dense_7", "features.block", "Eingang"]
_DTYPES: list[Any] = ["mixed_float16", "float16", "float64", "mixed_bfloat16"]
_NO_DTYPE = {
    "TextVectorization",
    "StringLookup",
    "IntegerLookup",
    "Hashing",
    "CategoryEncoding",
    "Discretization",
}


def layer_of(title: str, rng: random.Random, share: float, extras: bool) -> Any:
    """Make a layer with a random choice of arguments, and say what shape it gives."""
    cls = getattr(layers, title)
    _, required, optional = TABLE.get(title, ("vector", {}, {}))
    parameters = inspect.signature(cls).parameters
    options: Options = {}
    for name in parameters:
        for end, values in COMMON.items():
            if name == end or (end.startswith("_") and name.endswith(end)):
                options[name] = values
    options.update(optional)
    for _ in range(40):
        before = rng.getstate()
        with no_trace():
            found = _arguments(cls, title, rng, share, extras, required, options)
            shape = _output_of(cls, title, found)
        if shape is not None:
            # Again, so that what was tried has left no names behind.
            rng.setstate(before)
            arguments = _arguments(cls, title, rng, share, extras, required, options)
            return cls(**arguments), shape
        share *= 0.85
    raise AssertionError(f"no arguments found for {title}")


def _arguments(
    cls: type,
    title: str,
    rng: random.Random,
    share: float,
    extras: bool,
    required: Options,
    options: Options,
) -> dict[str, Any]:
    parameters = inspect.signature(cls).parameters
    given = {name: pick(rng, values) for name, values in required.items()}
    for name, values in options.items():
        if name not in given and rng.random() < share:
            given[name] = pick(rng, values)
    if extras:
        if rng.random() < 0.6:
            given["name"] = rng.choice(_NAMES)
        takes_more = any(p.kind == p.VAR_KEYWORD for p in parameters.values())
        if takes_more and rng.random() < 0.5 and title not in _NO_DTYPE:
            given["dtype"] = rng.choice(_DTYPES)
        if takes_more and rng.random() < 0.5:
            given["trainable"] = False
    return given


def _output_of(cls: type, title: str, given: dict[str, Any]) -> Any:
    try:
        model = keras.Sequential([keras.Input(**SHAPES[TABLE[title][0]]), cls(**given)])
        return model.output_shape
    except Exception:  # arguments that exclude each other
        return None


def _after(shape: tuple[int | None, ...], rng: random.Random) -> list[Any]:
    """Layers that can follow one that gives ``shape``."""
    rank = len(shape)
    if rank == 2 and shape[1] is not None:
        return [layers.Dense(2, activation="softmax")]
    if rank == 3 and shape[2] is not None:
        return [layers.GlobalAveragePooling1D(), layers.Dense(2)]
    if rank == 4 and shape[3] is not None:
        return rng.choice([[layers.GlobalMaxPooling2D()], [layers.Conv2D(2, 1), layers.Flatten()]])
    return []


def _single(title: str, variant: int) -> Case:
    seed = zlib.crc32(f"{title}/{variant}".encode())

    def make() -> keras.Sequential:
        rng = random.Random(seed)
        share = (0.0, 0.2, 0.35, 0.2, 0.1)[variant]
        layer, shape = layer_of(title, rng, share, extras=variant >= 3)
        kind = TABLE[title][0]
        arguments = dict(SHAPES[kind])
        if variant == 4:
            arguments["name"] = "what_goes_in"
            if rng.random() < 0.5:
                arguments["batch_size"] = 2
        stack: list[Any] = [] if variant == 2 else [keras.Input(**arguments)]
        stack.append(layer)
        if variant in (1, 3) and layer.compute_dtype != "string":
            stack += _after(shape, rng)
        name = "my_model" if variant == 4 else None
        model = keras.Sequential(stack, name=name)
        if variant == 3 and rng.random() < 0.2:
            model.trainable = False
        return model

    return Case(f"{title}/{variant}", make, fresh=variant != 1)


def _mixed(number: int) -> Case:
    """Longer stacks, with blocks in them."""
    seed = zlib.crc32(f"mixed/{number}".encode())

    def body(rng: random.Random, kind: str, depth: int) -> list[Any]:
        found: list[Any] = []
        same = {
            "vector": [
                "Dense",
                "Dropout",
                "BatchNormalization",
                "Activation",
                "ReLU",
                "LayerNormalization",
                "GaussianNoise",
                "UnitNormalization",
            ],
            "sequence": [
                "Conv1D",
                "LayerNormalization",
                "SpatialDropout1D",
                "Dropout",
                "Masking",
                "BatchNormalization",
            ],
            "image": [
                "Conv2D",
                "BatchNormalization",
                "ReLU",
                "SpatialDropout2D",
                "ZeroPadding2D",
                "RandomFlip",
                "Rescaling",
                "DepthwiseConv2D",
            ],
        }[kind]
        for _ in range(rng.randint(1, 4)):
            title = rng.choice(same)
            if depth < 2 and rng.random() < 0.25:
                inner = body(rng, kind, depth + 1)
                if rng.random() < 0.3 and not found and depth == 0:
                    inner = [keras.Input(SHAPES[kind]["shape"]), *inner]
                name = rng.choice([None, None, f"block_{depth}_{len(found)}"])
                block = keras.Sequential(inner, name=name)
                if rng.random() < 0.3:
                    block.trainable = False
                found.append(block)
                continue
            cls = getattr(layers, title)
            given: dict[str, Any] = {}
            if title == "Dense":
                given = {
                    "units": rng.choice([4, 8]),
                    "activation": pick(rng, ACTIVATIONS),
                    "kernel_initializer": pick(rng, INITIALIZERS),
                }
            elif title in ("Conv1D", "Conv2D"):
                given = {
                    "filters": 4,
                    "kernel_size": rng.choice([1, 3]),
                    "padding": "same",
                    "kernel_regularizer": pick(rng, REGULARIZERS),
                }
            elif title == "DepthwiseConv2D":
                given = {"kernel_size": 2, "padding": "same"}
            elif title in ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise"):
                given = {next(iter(inspect.signature(cls).parameters)): 0.25}
            elif title == "Activation":
                given = {"activation": pick(rng, ACTIVATIONS)}
            elif title == "Rescaling":
                given = {"scale": 1 / 255}
            found.append(cls(**given))
        if rng.random() < 0.3:
            found.append(OWN["Scale"](3.0) if rng.random() < 0.6 else OWN["Shift"]())
        return found

    def make() -> keras.Sequential:
        rng = random.Random(seed)
        kind = rng.choice(["vector", "sequence", "image"])
        stack = body(rng, kind, 0)
        if rng.random() < 0.8:
            stack = [keras.Input(SHAPES[kind]["shape"]), *stack]
        return keras.Sequential(stack, name=rng.choice([None, None, "net"]))

    return Case(f"mixed/{number}", make, fresh=number % 3 != 0)


def generated(titles: list[str], *, sample: bool = False) -> Iterator[Case]:
    """Stacks for these classes, and stacks of several.

    Args:
        titles: the classes' short names.
        sample: of Conv1D, Conv2D and Conv3D and the like, take the one for images; take one of the
            variants of each class, another one than of the class before, and a quarter of the
            stacks of several.
    """
    if sample:
        for_images = {title[:-2] for title in titles if title.endswith("2D")}
        titles = [
            title
            for title in titles
            if not (title.endswith(("1D", "3D")) and title[:-2] in for_images)
        ]
    for number, title in enumerate(titles):
        if title == "Sequential":
            continue
        for variant in [number % VARIANTS] if sample else range(VARIANTS):
            yield _single(title, variant)
    for number in range(0, 60, 4 if sample else 1):
        yield _mixed(number)
