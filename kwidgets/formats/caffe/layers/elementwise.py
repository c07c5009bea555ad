"""Eltwise, Axpy, ArgMax and Reduction: several inputs into one, or many numbers into few."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.formats.caffe.blob import Blob
from kwidgets.formats.caffe.errors import invalid
from kwidgets.formats.caffe.layers.normalization import broadcast
from kwidgets.formats.caffe.step import Step
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

_OPERATIONS = ("PROD", "SUM", "MAX", "MIN")
_REDUCTIONS = ("", "SUM", "ASUM", "SUMSQ", "MEAN")


def eltwise(step: Step) -> list[Blob]:
    """Eltwise: the sum, with factors or without, the product, the largest or the smallest."""
    fields = step.parameters("eltwise_param")
    blobs = step.blobs(1, None)
    operation = fields.choice("operation", _OPERATIONS, "SUM")
    factors = fields.numbers("coeff")
    if factors and (len(factors) != len(blobs) or operation != "SUM"):
        raise invalid("coeff", factors[:8], f"{len(blobs)} × coeff")
    shape = blobs[0].shape
    if any(each.shape != shape for each in blobs):
        raise FormatError(
            t(
                "Its inputs have the shapes %1 and %2, which do not fit.",
                "×".join(map(str, shape)),
                ", ".join("×".join(map(str, each.shape)) for each in blobs[1:5]),
            )
        )
    tensors = [step.arranged(each, blobs[0].axes).tensor for each in blobs]
    for index, factor in enumerate(factors):
        if factor != 1:
            rescaling = keras.layers.Rescaling(factor, name=step.name(f"coeff{index}"))
            tensors[index] = step.keras(rescaling, tensors[index])
    if len(tensors) == 1:
        return [step.result(tensors[0], blobs[0].axes)]
    kinds = {
        "SUM": keras.layers.Add,
        "PROD": keras.layers.Multiply,
        "MAX": keras.layers.Maximum,
        "MIN": keras.layers.Minimum,
    }
    result = kinds[operation](name=step.name())(tensors)
    return [step.result(result, blobs[0].axes)]


def axpy(step: Step) -> list[Blob]:
    """Axpy of SENet: factor for each channel · x + y."""
    factor, first, second = step.blobs(3, 3)
    step.bottoms = [first, factor]
    product = broadcast(step, keras.layers.Multiply, 1)
    step.bottoms = [factor, first, second]
    if second.shape != product.shape:
        raise FormatError(
            t(
                "Its inputs have the shapes %1 and %2, which do not fit.",
                "×".join(map(str, product.shape)),
                "×".join(map(str, second.shape)),
            )
        )
    added = step.arranged(second, product.axes).tensor
    result = step.keras(keras.layers.Add(name=step.name("sum")), product.tensor, added)
    return [step.result(result, product.axes)]


def argmax(step: Step) -> list[Blob]:
    """ArgMax: the places of the largest values, their values, or both."""
    fields = step.parameters("argmax_param")
    top_k = fields.integer("top_k", 1)
    with_values = fields.flag("out_max_val")
    blob = step.blob()
    if fields.has("axis"):
        axis = step.inner_axis(blob, fields.integer("axis"))
        limit = blob.shape[axis - 1]
    else:
        axis, limit = 1, blob.size
    if not 1 <= top_k <= limit:
        raise invalid("top_k", top_k, f"1 – {limit}")
    if fields.has("axis"):
        return [_argmax_along(step, blob, axis, top_k, with_values)]
    blob = step.as_caffe(blob)
    flat = keras.layers.Reshape((blob.size,), name=step.name("flatten"))
    values, places = step.op(keras.ops.top_k, step.keras(flat, blob.tensor), top_k)
    places = step.op(keras.ops.cast, places, "float32")
    rows = keras.layers.Reshape((1, top_k), name=step.name("rows"))
    found = step.keras(rows, places)
    if with_values:
        rows = keras.layers.Reshape((1, top_k), name=step.name("values"))
        values = step.keras(rows, values)
        found = keras.layers.Concatenate(axis=1, name=step.name())([found, values])
    return [step.result(found, (0, 1, 2))]


def _argmax_along(step: Step, blob: Blob, axis: int, top_k: int, with_values: bool) -> Blob:
    # The axis comes last, and goes back afterwards.
    others = [place for place in range(blob.num_axes) if place != axis]
    last = [0] * blob.num_axes
    for place, caffe_axis in enumerate([*others, axis]):
        last[caffe_axis] = place
    moved = step.arranged(blob, last)
    values, places = step.op(keras.ops.top_k, moved.tensor, top_k)
    found = values if with_values else step.op(keras.ops.cast, places, "float32")
    return step.result(found, moved.axes)


def reduction(step: Step) -> list[Blob]:
    """Reduction: sums or means over all axes from one on."""
    fields = step.parameters("reduction_param")
    blob = step.blob()
    axis = step.inner_axis(blob, fields.integer("axis", 0))
    operation = fields.choice("operation", _REDUCTIONS, "SUM")
    blob = step.as_caffe(blob)
    ops = keras.ops
    tensor: Any = blob.tensor
    if operation == "ASUM":
        tensor = step.op(ops.absolute, tensor)
    elif operation == "SUMSQ":
        tensor = step.op(ops.square, tensor)
    function = ops.mean if operation == "MEAN" else ops.sum
    tensor = step.op(function, tensor, axis=tuple(range(axis, blob.num_axes)))
    factor = fields.number("coeff", 1.0)
    if factor != 1:
        tensor = step.keras(keras.layers.Rescaling(factor, name=step.name("coeff")), tensor)
    return [step.result(tensor, range(axis))]
