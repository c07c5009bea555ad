"""Convolutions of old files: their kernels' layouts, and Theano's paddings."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from kwidgets.formats.keras_files import kernels, values
from kwidgets.formats.keras_files.layer_config import make_layer, present_class, present_config
from kwidgets.formats.keras_files.parts import (
    CutError,
    OldLayer,
    Part,
    Shape,
    one_tensor,
    shape_of,
)
from kwidgets.formats.keras_files.rebuilt import Arrays
from kwidgets.language import Message, message

RANKS = {
    "Conv1D": 1,
    "Conv2D": 2,
    "Conv3D": 3,
    "DepthwiseConv1D": 1,
    "DepthwiseConv2D": 2,
    "SeparableConv1D": 1,
    "SeparableConv2D": 2,
}
_PADDING_LAYERS = {
    1: keras.layers.ZeroPadding1D,
    2: keras.layers.ZeroPadding2D,
    3: keras.layers.ZeroPadding3D,
}
_CROPPING_LAYERS = {2: keras.layers.Cropping2D, 3: keras.layers.Cropping3D}


def convolution(old: OldLayer, inputs: Any) -> Part:
    """Return a convolution, with a layer of zeros before it where only that pads as Theano does."""
    tensor = one_tensor(inputs, old.name)
    present = present_class(old.class_name)
    rank = RANKS[present]
    config = present_config(old.class_name, old.config, old.origin)
    kernel_size = values.integers(config.get("kernel_size"), "kernel_size", rank)
    strides = values.integers(config.get("strides", 1), "strides", rank)
    dilation = values.integers(config.get("dilation_rate", 1), "dilation_rate", rank)
    data_format = config.get("data_format", "channels_last")
    channels_first = data_format == "channels_first"
    notes: list[Message] = []
    layers: list[Any] = []
    changes: dict[str, Any] = {}
    padding = config.get("padding", "valid")
    extents = tuple((k - 1) * d + 1 for k, d in zip(kernel_size, dilation, strict=True))
    pads: list[tuple[int, int]] | None = None
    if padding == "full":
        pads = [(extent - 1, extent - 1) for extent in extents]
    elif padding == "same" and old.origin.flips_kernels:
        theano = [(extent // 2, extent - 1 - extent // 2) for extent in extents]
        if theano != same_pads(tensor, extents, strides, channels_first):
            pads = theano
    if pads is not None:
        layers.append(zero_padding(f"{old.keras_name}_pad", pads, data_format))
        changes["padding"] = "valid"
        notes.append(
            message(
                "Pads %1 zeros before and after, as Theano does; Keras's “same” would pad others.",
                str(pads).strip("[]"),
            )
        )
    if channels_first and rank == 1:
        changes["data_format"] = "channels_first"
    width = _width(tensor, channels_first, pads, padding, extents, strides)
    if bias_goes_astray(config, channels_first, width):
        layers += channels_last_layer(old, notes, rank, **changes)
    else:
        layers.append(make_layer(old, notes, **changes))
    flips = old.origin.flips_kernels and present in ("Conv1D", "Conv2D", "Conv3D")
    if flips:
        notes.append(message("Its kernel was turned round: Theano convolves, Keras correlates."))
    keras1 = old.origin.major < 2

    def convert(arrays: Arrays) -> Arrays:
        arrays = list(arrays)
        if not arrays:
            return arrays
        if keras1 and present.startswith("Separable"):
            return [kernels.keras1_convolution(each, rank, channels_first) for each in arrays]
        if keras1 and present == "Conv1D":
            arrays[0] = kernels.keras1_convolution_1d(
                arrays[0], kernel_size[0], values.integer(config.get("filters"), "filters")
            )
        elif keras1:
            arrays[0] = kernels.keras1_convolution(arrays[0], rank, channels_first)
        if flips and arrays[0].ndim == rank + 2:
            arrays[0] = kernels.turn_round(arrays[0], rank)
        return arrays

    return Part(layers, convert=convert, notes=notes, outcome="repaired" if notes else "converted")


def transposed(old: OldLayer, inputs: Any) -> Part:
    """Return a transposed convolution, cropped where Theano or Keras 1 crops otherwise."""
    tensor = one_tensor(inputs, old.name)
    present = present_class(old.class_name)
    rank = int(present[len("Conv")])
    config = present_config(old.class_name, old.config, old.origin)
    notes: list[Message] = []
    changes: dict[str, Any] = {}
    cropping = None
    data_format = config.get("data_format", "channels_last")
    if (old.origin.flips_kernels or old.origin.major < 2) and rank > 1:
        kernel_size = values.integers(config.get("kernel_size"), "kernel_size", rank)
        strides = values.integers(config.get("strides", 1), "strides", rank)
        sizes = spatial(shape_of(tensor), data_format == "channels_first")
        wanted = _wanted_sizes(config, sizes, strides, data_format, rank)
        cropping = _crops(config, old, kernel_size, strides, sizes, wanted)
        changes = {"padding": "valid", "output_padding": None}
        notes.append(message("Cropped to the size that the file tells, as the old Keras did."))
    channels_first = data_format == "channels_first"
    if bias_goes_astray(config, channels_first, None):
        layers = channels_last_layer(old, notes, rank, **changes)
    else:
        layers = [make_layer(old, notes, **changes)]
    if cropping is not None and any(any(pair) for pair in cropping):
        if any(min(pair) < 0 for pair in cropping):
            raise CutError(message("The output of “%1” is larger than its input gives.", old.name))
        layers.append(
            _CROPPING_LAYERS[rank](cropping, data_format=data_format, name=f"{old.keras_name}_crop")
        )
    keras1, flips = old.origin.major < 2, old.origin.flips_kernels

    def convert(arrays: Arrays) -> Arrays:
        arrays = list(arrays)
        if arrays and keras1 and rank == 2:
            arrays[0] = kernels.keras1_transposed(arrays[0], data_format == "channels_first")
        if arrays and flips and arrays[0].ndim == rank + 2:
            arrays[0] = kernels.turn_round(arrays[0], rank)
        return arrays

    return Part(layers, convert=convert, notes=notes, outcome="repaired" if notes else "converted")


def _wanted_sizes(
    config: dict[str, Any], sizes: Shape, strides: tuple[int, ...], data_format: str, rank: int
) -> list[int | None]:
    """Return the sizes that Keras 1's ``output_shape`` gives; None for sizes it leaves open."""
    shape = config.pop("output_shape", None)
    if isinstance(shape, (list, tuple)) and len(shape) == rank + 2:
        return list(spatial(tuple(shape), data_format == "channels_first"))
    return [None] * rank


def _crops(
    config: dict[str, Any],
    old: OldLayer,
    kernel_size: tuple[int, ...],
    strides: tuple[int, ...],
    sizes: Shape,
    wanted: list[int | None],
) -> list[tuple[int, int]]:
    same = config.get("padding") == "same"
    crops = []
    for kernel, stride, size, asked in zip(kernel_size, strides, sizes, wanted, strict=True):
        # The transposed convolution without crop gives (size - 1) * stride + max(kernel, stride).
        extra = max(kernel, stride) - stride
        if not same:
            before = 0
        elif old.origin.flips_kernels:
            before = kernel // 2
        else:
            before = max(kernel - stride, 0) // 2
        if asked is None or size is None:
            after = extra - before if same else 0
        else:
            after = size * stride + extra - before - asked
        crops.append((before, after))
    return crops


def bias_goes_astray(config: dict[str, Any], channels_first: bool, width: int | None) -> bool:
    """Return whether Keras may add the bias along the width in place of the channels.

    Its ``ops.add`` on TensorFlow does so where the last axis has the length of the bias:
    keras/src/backend/tensorflow/numpy.py.

    Args:
        config: the layer's configuration.
        channels_first: whether the channels stand before the width.
        width: of the output; None if it is not known.
    """
    if not channels_first or not config.get("use_bias", True):
        return False
    return width is None or width == config.get("filters", width)


def channels_last_layer(
    old: OldLayer, notes: list[Message], rank: int, **changes: Any
) -> list[Any]:
    """Return a layer that takes channels last, between two that permute the axes."""
    notes.append(
        message(
            "Runs with channels last between two Permute layers: Keras on TensorFlow would add "
            "the bias along the width."
        )
    )
    layer = make_layer(old, notes, **{**changes, "data_format": "channels_last"})
    before = keras.layers.Permute((*range(2, rank + 2), 1), name=f"{old.keras_name}_last")
    after = keras.layers.Permute((rank + 1, *range(1, rank + 1)), name=f"{old.keras_name}_first")
    return [before, layer, after]


def _width(
    tensor: Any,
    channels_first: bool,
    pads: list[tuple[int, int]] | None,
    padding: str,
    extents: tuple[int, ...],
    strides: tuple[int, ...],
) -> int | None:
    """Return the width of a convolution's output; None if it is not known."""
    size = spatial(shape_of(tensor), channels_first)[-1:]
    if not size or size[0] is None:
        return None
    if pads is None and padding == "same":
        return -(-size[0] // strides[-1])
    padded = size[0] + (sum(pads[-1]) if pads else 0)
    return (padded - extents[-1]) // strides[-1] + 1


def zero_padding(name: str, pads: list[tuple[int, int]], data_format: str) -> Any:
    """Return a layer that pads each spatial axis with zeros."""
    rank = len(pads)
    return _PADDING_LAYERS[rank](
        pads[0] if rank == 1 else tuple(pads), data_format=data_format, name=name
    )


def spatial(shape: Shape, channels_first: bool) -> Shape:
    """Return the sizes of the spatial axes."""
    return shape[2:] if channels_first else shape[1:-1]


def same_pads(
    tensor: Any, extents: tuple[int, ...], strides: tuple[int, ...], channels_first: bool
) -> list[tuple[int, int]] | None:
    """Return what Keras's “same” pads before and after; None if it depends on an unknown size."""
    pads = []
    sizes = spatial(shape_of(tensor), channels_first)
    if len(sizes) != len(extents):
        return None
    for extent, stride, size in zip(extents, strides, sizes, strict=True):
        if stride == 1:
            total = extent - 1
        elif size is None:
            return None
        else:
            total = max((-(-size // stride) - 1) * stride + extent - size, 0)
        pads.append((total // 2, total - total // 2))
    return pads


def flipped_recurrent(old: OldLayer, inputs: Any) -> Part:
    """Return a ConvLSTM, with the kernels of Theano turned round."""
    notes: list[Message] = []
    config = present_config(old.class_name, old.config, old.origin)
    channels_first = config.get("data_format") == "channels_first"
    keras1, flips = old.origin.major < 2, old.origin.flips_kernels
    rank = int(present_class(old.class_name)[len("ConvLSTM")])
    kernel_size = values.integers(config.get("kernel_size"), "kernel_size", rank)
    if flips and any(each % 2 == 0 for each in kernel_size):
        raise CutError(
            message(
                "“%1” convolves its state with an even kernel, which Theano aligns otherwise than "
                "Keras can.",
                old.name,
            )
        )
    if bias_goes_astray(config, channels_first, None) and not config.get("return_state"):
        layers = channels_last_layer(old, notes, rank)
        sequence = tuple(range(3, rank + 3))
        name = old.keras_name
        layers[0] = keras.layers.Permute((1, *sequence, 2), name=f"{name}_last")
        if config.get("return_sequences"):
            back = (1, rank + 2, *range(2, rank + 2))
            layers[2] = keras.layers.Permute(back, name=f"{name}_first")
    else:
        layers = [make_layer(old, notes)]
    if flips:
        notes.append(message("Its kernel was turned round: Theano convolves, Keras correlates."))

    def convert(arrays: Arrays) -> Arrays:
        if keras1 and len(arrays) == 12:
            # The outputs of a kernel stand first in this layout.
            axis = 0 if channels_first else -1
            arrays = kernels.keras1_gates(arrays, axis)
            arrays[:2] = [
                kernels.keras1_convolution(each, rank, channels_first) for each in arrays[:2]
            ]
        turned: list[np.ndarray] = list(arrays)
        if flips:
            turned[:2] = [kernels.turn_round(each, rank) for each in turned[:2]]
        return turned

    return Part(
        layers,
        convert=convert,
        num_arrays=12 if keras1 else None,
        num_trainable=12 if keras1 else None,
        notes=notes,
        outcome="repaired" if notes else "converted",
    )
