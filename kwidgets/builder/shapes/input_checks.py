"""Checks of a layer's input that Keras makes only when data arrives.

Without them a model would look right, and fail at its first batch.
"""

from __future__ import annotations

import math

import keras

from kwidgets.builder.analysis import Problem, Shape
from kwidgets.builder.shapes.wrong_axes import (
    format_shape,
    no_such_axis,
    wrong_rank,
    wrong_step_rank,
)
from kwidgets.builder.spec import LayerSpec, ObjectSpec
from kwidgets.language import t

_LAYERS = "keras.layers."

_IMAGE_LAYERS = (
    *("AutoContrast", "RandomFlip", "RandomRotation", "RandomZoom", "CutMix", "MixUp"),
    *("RandomBrightness", "RandomColorJitter", "RandomContrast", "RandomCrop", "Resizing"),
    *("RandomElasticTransform", "RandomErasing", "RandomGaussianBlur", "RandomInvert"),
    *("RandomPerspective", "RandomPosterization", "RandomSharpness", "RandomShear"),
    *("RandomTranslation", "Solarization"),
)
_BATCHED_IMAGE_LAYERS = (
    *("ContrastLimitedAdaptiveHistogramEqualization", "Equalization", "RandAugment", "AugMix"),
    *("RandomColorDegeneration", "RandomGrayscale", "RandomHue", "RandomSaturation"),
)

# The allowed numbers of axes of the input, with the batch.
_ALLOWED_RANKS: dict[str, tuple[int, ...]] = {
    **{f"Adaptive{kind}Pooling{n}D": (n + 2,) for kind in ("Average", "Max") for n in (1, 2, 3)},
    **dict.fromkeys(_IMAGE_LAYERS, (3, 4)),
    **dict.fromkeys(_BATCHED_IMAGE_LAYERS, (4,)),
    "RNN": (3,),
}

# The minimum number of axes of the input, with the batch.
_MINIMUM_RANKS: dict[str, int] = {
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN"), 3),
    **{f"{kind}Conv{n}D": n + 2 for kind in ("", "Separable", "Depthwise") for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": n + 2 for n in (1, 2, 3)},
    **{
        f"{kind}Pooling{n}D": n + 2
        for kind in ("Max", "Average", "GlobalMax", "GlobalAverage")
        for n in (1, 2, 3)
    },
}

# Their channels must be red, green and blue.
_COLOUR_LAYERS = ("RandomColorDegeneration", "RandomGrayscale", "RandomHue", "RandomSaturation")

_ACCEPT_TEXT = {
    *("TextVectorization", "StringLookup", "Hashing", "HashedCrossing", "Identity", "Flatten"),
    *("Reshape", "Permute", "RepeatVector", "Lambda"),
}
_ACCEPT_ONLY_TEXT = {"TextVectorization", "StringLookup"}

# TensorFlow lacks these operations for whole numbers, and Keras casts only floats.
_FLOAT_ONLY = {
    *(f"{kind}Conv{n}D" for kind in ("", "Depthwise", "Separable") for n in (1, 2, 3)),
    *(f"Conv{n}DTranspose" for n in (1, 2, 3)),
    *(f"ConvLSTM{n}D" for n in (1, 2, 3)),
    *(f"SpatialDropout{n}D" for n in (1, 2, 3)),
    *(f"AveragePooling{n}D" for n in (1, 2, 3)),
    *("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ELU", "PReLU", "Softmax"),
    *("UnitNormalization", "RNN", "MaxPooling3D", "RandomContrast", "RandomSaturation"),
}


def input_problem(entry: LayerSpec, shape: Shape, dtype: str) -> Problem | None:
    """Return the problem of a layer's input that Keras would not report, or None."""
    if not entry.class_name.startswith(_LAYERS) or entry.object.live is not None:
        return None
    name = entry.class_name.removeprefix(_LAYERS)
    return (
        _wrong_dtype(entry, name, dtype)
        or _wrong_rank(entry, name, shape)
        or _wrong_size(entry, name, shape)
    )


def _wrong_dtype(entry: LayerSpec, name: str, dtype: str) -> Problem | None:
    if dtype == "string" and name not in _ACCEPT_TEXT:
        return Problem(
            t(
                "%1 requires numbers but gets text. Add a TextVectorization or a StringLookup "
                "before it.",
                name,
            ),
            f"{name} does not take a tensor of dtype string",
        )
    if dtype != "string" and name in _ACCEPT_ONLY_TEXT:
        return Problem(
            t(
                '%1 requires text but gets numbers (%2). Set the dtype of the input to "string".',
                name,
                dtype,
            ),
            f"{name} takes a tensor of dtype string; got {dtype}",
        )
    if name in _FLOAT_ONLY and "int" in dtype and keras.backend.backend() == "tensorflow":
        return Problem(
            t(
                "%1 requires floating-point input but gets integers (%2). Set the dtype of the "
                'input to "float32", or add an Embedding or a Rescaling before it.',
                name,
                dtype,
            ),
            f"TensorFlow has no {name} for dtype {dtype}",
        )
    return None


def _wrong_rank(entry: LayerSpec, name: str, shape: Shape) -> Problem | None:
    rank = len(shape)
    if name == "TimeDistributed":
        return _wrong_step_rank(entry, shape)
    allowed = _ALLOWED_RANKS.get(name)
    if allowed is not None and rank not in allowed:
        return wrong_rank(entry, shape, max(allowed))
    if name == "TextVectorization" and not (rank == 1 or (rank == 2 and shape[1] == 1)):
        return Problem(
            t(
                "TextVectorization expects one string per sample, so an input of shape () or "
                "(1,), but gets %1.",
                format_shape(shape),
            ),
            f"the input rank must be 1 or the last dimension 1; got {format_shape(shape)}",
        )
    axes = entry.arguments.get("axis")
    if name in ("Softmax", "UnitNormalization") and axes is not None:
        listed = axes if isinstance(axes, (list, tuple)) else (axes,)
        if any(isinstance(axis, int) and not -rank <= axis < rank for axis in listed):
            return Problem(
                no_such_axis(shape, "axis", axes),
                f"axis {axes!r} is out of bounds for a tensor with {rank} dimensions",
                "axis",
            )
    equation = entry.arguments.get("equation")
    if name == "EinsumDense" and isinstance(equation, str) and "." not in equation:
        letters = equation.partition(",")[0].strip()
        if len(letters) != rank:
            return Problem(
                t(
                    "The equation %1 is for input with %2 axes, including the batch, but %3 has "
                    "%4.",
                    repr(equation),
                    len(letters),
                    format_shape(shape),
                    rank,
                ),
                f"EinsumDense {equation!r} was given {rank} dimensions",
                "equation",
            )
    return None


def _wrong_step_rank(entry: LayerSpec, shape: Shape) -> Problem | None:
    """Return the problem of a step with too few axes, which Keras reports only for data."""
    inner = entry.arguments.get("layer")
    title = inner.title if isinstance(inner, ObjectSpec) else ""
    if isinstance(inner, ObjectSpec) and title == "Bidirectional":
        inner = inner.arguments.get("layer")
    if not isinstance(inner, ObjectSpec) or not inner.class_name.startswith(_LAYERS):
        return None
    rank = _MINIMUM_RANKS.get(inner.title)
    # A single axis is another mistake: there are no steps.
    if rank is None or len(shape) < 3 or len(shape) - 1 >= rank:
        return None
    return wrong_step_rank(title, shape, rank)


def _wrong_size(entry: LayerSpec, name: str, shape: Shape) -> Problem | None:
    channels_last = entry.arguments.get("data_format") in (None, "channels_last")
    allowed = (None, 1, 3) if name == "RandomGrayscale" else (None, 3)
    if name in _COLOUR_LAYERS and channels_last and shape[-1] not in allowed:
        return Problem(
            t(
                "%1 requires color images with 3 channels, but gets %2.",
                name,
                format_shape(shape),
            ),
            f"{name} needs 3 channels; got {shape[-1]}",
        )
    if name == "MelSpectrogram" and shape[-1] is not None:
        length = entry.arguments.get("fft_length", 2048)
        if isinstance(length, int) and shape[-1] <= math.floor(length / 2):
            return Problem(
                t(
                    "MelSpectrogram requires more than %1 consecutive values, half of its "
                    "fft_length (%2), but gets %3. Use a smaller fft_length.",
                    f"{length // 2:,}",
                    f"{length:,}",
                    format_shape(shape),
                ),
                f"the signal of {shape[-1]} values is too short for fft_length={length}",
                "fft_length",
            )
    return None
