"""Layers that Keras 3 does not have, made of layers that it has.

So a model that is saved with them loads without this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kwidgets.formats.keras_files import objects, values
from kwidgets.formats.keras_files.convolutions import spatial
from kwidgets.formats.keras_files.layer_config import make_layer, present_config
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

_LETTERS = "bcdefgh"


def highway(old: OldLayer, inputs: Any) -> Part:
    """Return Highway: ``t * activation(W x + b) + (1 - t) * x`` with ``t = sigmoid(V x + c)``."""
    units = _units(one_tensor(inputs, old.name), old)
    bias = bool(old.config.get("bias", True))
    notes: list[Message] = [_made_of(old, "Dense")]
    transform = keras.layers.Dense(
        units,
        activation=objects.activation(old.config.get("activation"), old.name, notes),
        use_bias=bias,
        name=old.keras_name,
    )
    gate = keras.layers.Dense(
        units, activation="sigmoid", use_bias=bias, name=f"{old.keras_name}_gate"
    )

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        x = one_tensor(inputs, old.name)
        share = gate(x)
        return transform(x) * share + (1.0 - share) * x

    def convert(arrays: Arrays) -> Arrays:
        # W, V, b, c in the file.
        if len(arrays) == 4:
            return [arrays[0], arrays[2], arrays[1], arrays[3]]
        return arrays

    return Part([transform, gate], apply, convert, notes=notes, outcome="repaired")


def maxout_dense(old: OldLayer, inputs: Any) -> Part:
    """Return MaxoutDense: the largest of several Dense layers, unit by unit."""
    del inputs
    units = values.integer(old.config.get("output_dim"), "output_dim")
    features = values.integer(old.config.get("nb_feature", 4), "nb_feature")
    bias = bool(old.config.get("bias", True))
    dense = keras.layers.EinsumDense(
        "bi,fio->bfo",
        output_shape=(features, units),
        bias_axes="fo" if bias else None,
        name=old.keras_name,
    )

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        return keras.ops.max(dense(one_tensor(inputs, old.name)), axis=1)

    return Part([dense], apply, notes=[_made_of(old, "EinsumDense, max")], outcome="repaired")


def locally_connected(old: OldLayer, inputs: Any) -> Part:
    """Return LocallyConnected1D or 2D: patches of the input, each with weights of its own."""
    tensor = one_tensor(inputs, old.name)
    config = present_config(old.class_name, old.config, old.origin)
    rank = int(old.class_name[-2])
    channels_first = config.get("data_format") == "channels_first"
    kernel_size = values.integers(config.get("kernel_size"), "kernel_size", rank)
    strides = values.integers(config.get("strides", 1), "strides", rank)
    filters = values.integer(config.get("filters"), "filters")
    if config.get("implementation", 1) != 1 or config.get("padding", "valid") != "valid":
        raise CutError(message("“%1” keeps its weights in a layout that cannot be read.", old.name))
    shape = shape_of(tensor)
    sizes = spatial(shape, channels_first)
    channels = shape[1] if channels_first else shape[-1]
    if channels is None or None in sizes or len(sizes) != rank:
        raise CutError(message("“%1” needs an input of a known size.", old.name))
    outputs = tuple(
        (values.integer(size, "input_shape") - kernel) // stride + 1
        for size, kernel, stride in zip(sizes, kernel_size, strides, strict=True)
    )
    if min(outputs) < 1:
        raise CutError(message("The input of “%1” is smaller than its kernel.", old.name))
    places = int(np.prod(outputs))
    bias = bool(config.get("use_bias", True))
    notes: list[Message] = [_made_of(old, "extract_patches, EinsumDense")]
    dense = keras.layers.EinsumDense(
        "bpk,pkf->bpf",
        output_shape=(places, filters),
        bias_axes="pf" if bias else None,
        activation=objects.activation(config.get("activation"), old.name, notes),
        name=old.keras_name,
    )

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        ops = keras.ops
        x = one_tensor(inputs, old.name)
        if channels_first:
            x = ops.transpose(x, (0, *range(2, rank + 2), 1))
        if rank == 1:
            x = ops.expand_dims(x, 1)
        two = (1,) * (2 - rank)
        patches = ops.image.extract_patches(
            x, (*two, *kernel_size), (*two, *strides), data_format="channels_last"
        )
        y = dense(ops.reshape(patches, (-1, places, int(np.prod(kernel_size)) * channels)))
        y = ops.reshape(y, (-1, *outputs, filters))
        return ops.transpose(y, (0, rank + 1, *range(1, rank + 1))) if channels_first else y

    def convert(arrays: Arrays) -> Arrays:
        kernel, *rest = arrays
        if channels_first and kernel.ndim == 3:
            # Its rows are channels, height, width; those of patches are height, width, channels.
            split = kernel.reshape(places, channels, *kernel_size, filters)
            kernel = np.moveaxis(split, 1, -2).reshape(places, -1, filters)
        if rest and channels_first:
            # The old Keras reshapes where one would expect it to transpose.
            return [kernel, rest[0].reshape(filters, places).T]
        return [kernel, *(each.reshape(places, filters) for each in rest)]

    return Part([dense], apply, convert, notes=notes, outcome="repaired")


def parametric_softplus(old: OldLayer, inputs: Any) -> Part:
    """Return ParametricSoftplus: ``alpha * softplus(beta * x)``."""
    shape = shape_of(one_tensor(inputs, old.name))
    inner = _elementwise(f"{old.keras_name}_beta", shape, old)
    outer = _elementwise(old.keras_name, shape, old)

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        return outer(keras.ops.softplus(inner(one_tensor(inputs, old.name))))

    def convert(arrays: Arrays) -> Arrays:
        alphas, betas = _full(arrays, shape, 2, old)
        zeros = np.zeros_like(alphas)
        return [alphas, zeros, betas, zeros]

    notes = [_made_of(old, "EinsumDense, softplus")]
    return Part([outer, inner], apply, convert, 2, 2, notes=notes, outcome="repaired")


def s_relu(old: OldLayer, inputs: Any) -> Part:
    """Return SReLU: slopes of their own left and right of two thresholds."""
    shape = shape_of(one_tensor(inputs, old.name))
    left = _elementwise(f"{old.keras_name}_left", shape, old)
    slope = keras.layers.PReLU(name=old.keras_name)
    width = _elementwise(f"{old.keras_name}_width", shape, old)
    right = _elementwise(f"{old.keras_name}_right", shape, old)
    right_slope = _elementwise(f"{old.keras_name}_right_slope", shape, old)
    back = _elementwise(f"{old.keras_name}_back", shape, old)
    for each in (left, width, right, back):
        each.trainable = False

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        ops = keras.ops
        x = one_tensor(inputs, old.name)
        centre = slope(left(x))
        # min(centre, width)
        centre = centre - ops.relu(width(centre))
        return back(centre) + right_slope(ops.relu(right(x)))

    def convert(arrays: Arrays) -> Arrays:
        t_left, a_left, t_right, a_right = _full(arrays, shape, 4, old)
        ones, zeros, gap = np.ones_like(t_left), np.zeros_like(t_left), np.abs(t_right)
        return [
            *(ones, -t_left, a_left, ones, -gap, ones, -(t_left + gap)),
            *(a_right, zeros, ones, t_left),
        ]

    notes = [
        _made_of(old, "EinsumDense, PReLU"),
        message("Its thresholds are frozen; training changes its slopes only."),
    ]
    layers = [left, slope, width, right, right_slope, back]
    return Part(layers, apply, convert, 4, 4, notes=notes, outcome="repaired")


def prelu(old: OldLayer, inputs: Any) -> Part:
    """Return PReLU; which axes share a slope is told by the weights alone in Keras 1."""
    shape = shape_of(one_tensor(inputs, old.name))
    notes: list[Message] = []
    changes: dict[str, Any] = {}
    if old.shapes and len(old.shapes) == 1 and len(old.shapes[0]) == len(shape) - 1:
        shared = [
            axis
            for axis, (one, size) in enumerate(zip(old.shapes[0], shape[1:], strict=True), 1)
            if one == 1 and size != 1
        ]
        changes["shared_axes"] = shared or None
    return Part([make_layer(old, notes, **changes)], notes=notes)


def thresholded_relu(old: OldLayer, inputs: Any) -> Part:
    """Return ThresholdedReLU as a ReLU."""
    del inputs
    theta = float(old.config.get("theta", 1.0))
    layer = keras.layers.ReLU(threshold=theta, name=old.keras_name)
    return Part([layer], notes=[_made_of(old, "ReLU")], outcome="repaired")


def _elementwise(name: str, shape: Shape, old: OldLayer) -> Any:
    """Return a layer that multiplies each number of a sample by one weight and adds another."""
    if None in shape[1:]:
        raise CutError(message("“%1” needs an input of a known size.", old.name))
    axes = _LETTERS[: len(shape) - 1]
    return keras.layers.EinsumDense(
        f"a{axes},{axes}->a{axes}", output_shape=shape[1:], bias_axes=axes, name=name
    )


def _full(arrays: Arrays, shape: Shape, count: int, old: OldLayer) -> list[np.ndarray]:
    """Return arrays of the shape of a sample; axes that share a weight have length 1."""
    if len(arrays) != count:
        return [np.zeros(0)] * count
    try:
        sample = tuple(each or 1 for each in shape[1:])
        return [np.broadcast_to(each, sample) for each in arrays]
    except ValueError:
        return list(arrays)


def _units(tensor: Any, old: OldLayer) -> int:
    units = shape_of(tensor)[-1]
    if units is None:
        raise CutError(message("“%1” needs an input of a known size.", old.name))
    return units


def _made_of(old: OldLayer, what: str) -> Message:
    return message(
        "Keras has no %1 any more: made of %2, with the same outputs.", old.class_name, what
    )
