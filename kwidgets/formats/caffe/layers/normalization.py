"""BatchNorm, Scale, Bias, LRN, MVN and Normalize."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kwidgets.formats.caffe.blob import Blob
from kwidgets.formats.caffe.errors import UnsupportedLayerError, invalid
from kwidgets.formats.caffe.step import Arrays, Step
from kwidgets.formats.errors import FormatError
from kwidgets.language import message, t

_REGIONS = ("ACROSS_CHANNELS", "WITHIN_CHANNEL")


def batch_norm(step: Step) -> list[Blob]:
    """BatchNorm, and the Scale layer behind it, as one BatchNormalization."""
    blob = step.blob()
    fields = step.parameters("batch_norm_param")
    step.inner_axis(blob, 1)
    axis = blob.axes[1]
    channels = blob.shape[0]
    shape = blob.tensor.shape[1:]
    arrays = step.stored([(channels,), (channels,), (1,)], shape, blob.axes)
    fused = step.fused_scale
    scale: Arrays | None = None
    has_bias = False
    if fused is not None:
        has_bias = fused.parameters("scale_param").flag("bias_term")
        shapes = [(channels,)] * (2 if has_bias else 1)
        scale = step.stored(shapes, shape, blob.axes, layer=fused)
    if fields.has("use_global_stats") and not fields.flag("use_global_stats"):
        step.guess(
            message(
                "use_global_stats is false: Caffe would take the mean of each batch. "
                "The model uses the stored one."
            )
        )
    layer = keras.layers.BatchNormalization(
        axis=axis,
        momentum=min(max(fields.number("moving_average_fraction", 0.999), 0.0), 1.0),
        epsilon=fields.number("eps", 1e-5),
        scale=fused is not None,
        center=has_bias,
        gamma_regularizer=step.regularizer(0) if fused is not None else None,
        name=step.name(),
    )
    result = layer(blob.tensor)
    if arrays is not None:
        mean, variance, factor = arrays
        inverse = np.float32(0 if factor[0] == 0 else 1 / factor[0])
        new = scale if scale is not None else [np.ones(channels, np.float32)] * (fused is not None)
        if fused is not None and scale is None and has_bias:
            new = [*new, np.zeros(channels, np.float32)]
        layer.set_weights([*new, mean * inverse, variance * inverse])
    return [step.result(result, blob.axes)]


def bn(step: Step) -> list[Blob]:
    """BN of PSPNet and SegNet: scale, shift, and with them or not a mean and a variance."""
    blob = step.blob()
    step.inner_axis(blob, 1)
    weights = step.conversion.weights
    found = weights.arrays.get(step.layer.name, ()) if weights else ()
    channels = blob.shape[0]
    size = (channels,)
    count = 2 if len(found) == 2 else 4
    arrays = step.stored([size] * count, blob.tensor.shape[1:], blob.axes)
    if arrays is not None and count == 2:
        return [_scaled(step, blob, 1, size, arrays, has_bias=True)]
    layer = keras.layers.BatchNormalization(
        axis=blob.axes[1],
        epsilon=step.parameters("bn_param").number("eps", 1e-5),
        name=step.name(),
    )
    result = layer(blob.tensor)
    if arrays is not None:
        layer.set_weights(arrays)
    return [step.result(result, blob.axes)]


def scale(step: Step) -> list[Blob]:
    """Scale: a factor for each channel, with a bias or without, or the product of two inputs."""
    fields = step.parameters("scale_param")
    blobs = step.blobs(1, 2)
    has_bias = fields.flag("bias_term")
    if len(blobs) == 2:
        if has_bias:
            raise UnsupportedLayerError(
                message("The product of two inputs with a bias cannot be converted.")
            )
        return [broadcast(step, keras.layers.Multiply, fields.integer("axis", 1))]
    blob = blobs[0]
    axis, shape = _covered(step, blob, fields.integer("axis", 1), fields.integer("num_axes", 1))
    arrays = step.stored([shape] * (2 if has_bias else 1), blob.tensor.shape[1:], blob.axes)
    if arrays is None:
        arrays = [np.ones(shape, np.float32), *[np.zeros(shape, np.float32)] * has_bias]
    return [_scaled(step, blob, axis, shape, arrays, has_bias)]


def bias(step: Step) -> list[Blob]:
    """Bias: a number added to each channel, or the sum of two inputs."""
    fields = step.parameters("bias_param")
    blobs = step.blobs(1, 2)
    if len(blobs) == 2:
        return [broadcast(step, keras.layers.Add, fields.integer("axis", 1))]
    blob = blobs[0]
    axis, shape = _covered(step, blob, fields.integer("axis", 1), fields.integer("num_axes", 1))
    arrays = step.stored([shape], blob.tensor.shape[1:], blob.axes)
    bias_values = arrays[0] if arrays else np.zeros(shape, np.float32)
    step.notes.append(message("It also has factors of 1, which training can change."))
    both = [np.ones(shape, np.float32), bias_values]
    return [_scaled(step, blob, axis, shape, both, has_bias=True)]


def _covered(step: Step, blob: Blob, axis: int, num_axes: int) -> tuple[int, tuple[int, ...]]:
    """Return the first Caffe axis that an array covers, and the array's shape."""
    if num_axes == 0:
        return 1, ()
    axis = step.inner_axis(blob, axis)
    end = blob.num_axes if num_axes == -1 else axis + num_axes
    if num_axes < -1 or end > blob.num_axes:
        raise FormatError(t("It has no axis %1: its input has %2 axes.", end - 1, blob.num_axes))
    return axis, blob.shape[axis - 1 : end - 1]


def _scaled(
    step: Step,
    blob: Blob,
    axis: int,
    shape: Sequence[int],
    arrays: Arrays,
    has_bias: bool,
) -> Blob:
    """Multiply a blob by an array along its axes from ``axis`` on, and add another."""
    if not shape:
        result = step.op(keras.ops.multiply, blob.tensor, float(arrays[0].reshape(())))
        if has_bias:
            result = step.op(keras.ops.add, result, float(arrays[1].reshape(())))
        return step.result(result, blob.axes)
    # The places of the covered axes in Keras's order, in the order in which Caffe covers them.
    covered = blob.axes[axis : axis + len(shape)]
    if blob.num_axes == 4 and covered == (3,):
        result = step.weighted(
            keras.layers.DepthwiseConv2D,
            blob.tensor,
            [arrays[0].reshape(1, 1, -1, 1), *arrays[1:]],
            "depthwise_initializer",
            kernel_size=1,
            use_bias=has_bias,
            depthwise_regularizer=step.regularizer(0),
            bias_regularizer=step.regularizer(1),
        )
        return step.result(result, blob.axes)
    letters = "abcdefghijkl"[: blob.num_axes]
    order = np.argsort(covered)
    kernel = "".join(letters[covered[index]] for index in order)
    ordered = [array.reshape(tuple(shape)).transpose(order) for array in arrays]
    if has_bias:
        # EinsumDense keeps an axis of length 1 for each axis behind that the bias does not cover.
        behind = range(min(covered), blob.num_axes)
        sizes = [blob.tensor.shape[place] if place in covered else 1 for place in behind]
        ordered[1] = ordered[1].reshape(sizes)
    result = step.weighted(
        keras.layers.EinsumDense,
        blob.tensor,
        ordered,
        "kernel_initializer",
        equation=f"{letters},{kernel}->{letters}",
        output_shape=tuple(blob.tensor.shape[1:]),
        bias_axes=kernel if has_bias else None,
        kernel_regularizer=step.regularizer(0),
        bias_regularizer=step.regularizer(1),
    )
    return step.result(result, blob.axes)


def broadcast(step: Step, layer_type: Any, axis: int) -> Blob:
    """Join two inputs of which the second has fewer axes, that begin at ``axis`` of the first."""
    first, second = step.blobs(2, 2)
    axis = step.axis(first, axis)
    if axis == 1 and second.num_axes == first.num_axes:
        axis = 0
    if axis != 0:
        raise UnsupportedLayerError(message("Its second input has no batch axis."))
    if second.num_axes > first.num_axes or any(
        size not in (1, wanted) for size, wanted in zip(second.shape, first.shape, strict=False)
    ):
        raise FormatError(_unlike(first, second))
    tensor = _expanded(step, second, first)
    result = step.keras(layer_type(name=step.name()), first.tensor, tensor)
    return step.result(result, first.axes)


def _expanded(step: Step, second: Blob, first: Blob) -> Any:
    if second.axes == first.axes:
        return second.tensor
    second = step.as_caffe(second)
    # Each axis of `first` in Keras's order, with the length that `second` has there.
    lengths = [*second.shape, *[1] * (first.num_axes - second.num_axes)]
    target = [0] * first.num_axes
    for caffe_axis, place in enumerate(first.axes):
        target[place] = lengths[caffe_axis - 1] if caffe_axis else 0
    long = [place for place, size in zip(first.axes[1:], lengths, strict=True) if size != 1]
    if long == sorted(long):
        reshape = keras.layers.Reshape(target[1:], name=step.name("reshape"))
        return step.keras(reshape, second.tensor)
    reshape = keras.layers.Reshape(lengths, name=step.name("reshape"))
    full = Blob(step.keras(reshape, second.tensor), tuple(range(first.num_axes)), second.inputs)
    return step.arranged(full, first.axes).tensor


def _unlike(first: Blob, second: Blob) -> str:
    shapes = ["×".join(map(str, each.shape)) for each in (first, second)]
    return t("Its inputs have the shapes %1 and %2, which do not fit.", *shapes)


def lrn(step: Step) -> list[Blob]:
    """LRN: local response normalization, across channels or within each."""
    blob = step.blob()
    fields = step.parameters("lrn_param")
    size = fields.integer("local_size", 5)
    if size < 1 or size % 2 == 0:
        raise invalid("local_size", size, "1, 3, 5 …")
    alpha, beta = fields.number("alpha", 1.0), fields.number("beta", 0.75)
    ops = keras.ops
    tensor = step.image(blob)
    squares = step.op(ops.square, tensor)
    if fields.choice("norm_region", _REGIONS, _REGIONS[0]) == "WITHIN_CHANNEL":
        # Caffe ignores `k` here.
        mean, factor, k = _local_mean(step, squares, size), alpha, 1.0
    else:
        mean, width = _channel_mean(step, squares, size)
        factor, k = alpha / size * width, fields.number("k", 1.0)
    base = step.keras(keras.layers.Rescaling(factor, k, name=step.name("base")), mean)
    power = step.op(ops.power, base, -beta)
    result = keras.layers.Multiply(name=step.name())([tensor, power])
    return [step.image_result(result)]


def _local_mean(step: Step, squares: Any, size: int) -> Any:
    height, width = squares.shape[1:3]
    # A window larger than the image on all sides only counts more zeros.
    if size > 2 * max(height, width) + 1:
        raise UnsupportedLayerError(message("Its local_size is larger than the image."))
    pads = keras.layers.ZeroPadding2D((size - 1) // 2, name=step.name("pad"))
    pool = keras.layers.AveragePooling2D(size, strides=1, name=step.name("mean"))
    return step.keras(pool, step.keras(pads, squares))


def _channel_mean(step: Step, squares: Any, size: int) -> tuple[Any, int]:
    """Return the means over neighbouring channels, and over how many they are taken."""
    height, width, channels = squares.shape[1:]
    reach = min(size // 2, channels - 1)
    kernel = 2 * reach + 1
    padded = step.op(keras.ops.pad, squares, ((0, 0), (0, 0), (0, 0), (reach, reach)))
    rows = keras.layers.Reshape((height * width, channels + 2 * reach, 1), name=step.name("rows"))
    pool = keras.layers.AveragePooling2D((1, kernel), strides=1, name=step.name("mean"))
    means = step.keras(pool, step.keras(rows, padded))
    back = keras.layers.Reshape((height, width, channels), name=step.name("image"))
    return step.keras(back, means), kernel


def mvn(step: Step) -> list[Blob]:
    """MVN: each sample, or each of its channels, with mean 0 and variance 1."""
    blob = step.blob()
    fields = step.parameters("mvn_param")
    first = 1 if fields.flag("across_channels") else 2
    axes = tuple(sorted(blob.axes[first:]))
    if not axes:
        raise FormatError(t("It has no axis %1: its input has %2 axes.", first, blob.num_axes))
    ops = keras.ops
    mean = step.op(ops.mean, blob.tensor, axis=axes, keepdims=True)
    centered = step.op(ops.subtract, blob.tensor, mean)
    if not fields.flag("normalize_variance", True):
        return [step.result(centered, blob.axes)]
    deviation = step.op(ops.std, blob.tensor, axis=axes, keepdims=True)
    epsilon = fields.number("eps", 1e-9)
    divisor = step.op(ops.add, deviation, epsilon)
    return [step.result(step.op(ops.divide, centered, divisor), blob.axes)]


def normalize(step: Step) -> list[Blob]:
    """Normalize of SSD: each pixel's channels, or all of a sample, with norm 1; then a scale."""
    blob = step.blob()
    fields = step.parameters("norm_param")
    tensor = step.image(blob)
    channels = tensor.shape[-1]
    shared = fields.flag("channel_shared", True)
    shape = (1,) if shared else (channels,)
    arrays = step.stored([shape], tensor.shape[1:], (0, 3, 1, 2))
    axes = (1, 2, 3) if fields.flag("across_spatial", True) else (3,)
    ops = keras.ops
    squares = step.op(ops.square, tensor)
    total = step.op(ops.sum, squares, axis=axes, keepdims=True)
    epsilon = fields.number("eps", 1e-10)
    inverse = step.op(ops.rsqrt, step.op(ops.add, total, epsilon))
    normed = step.image_result(step.op(ops.multiply, tensor, inverse))
    if arrays is None:
        filler = fields.node("scale_filler")
        value = filler.number("value", 0.0) if fields.has("scale_filler") else 1.0
        arrays = [np.full(shape, value, np.float32)]
    full = np.broadcast_to(arrays[0], (channels,)).copy()
    if shared:
        step.notes.append(message("In Caffe all channels share one scale; here each has its own."))
    return [_scaled(step, normed, 1, (channels,), [full], has_bias=False)]
