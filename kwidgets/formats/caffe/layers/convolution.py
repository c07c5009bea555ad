"""Convolution, Deconvolution, InnerProduct and Embed: layers with a kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from kwidgets.formats.caffe.blob import IMAGE, Blob
from kwidgets.formats.caffe.conversion import check_elements
from kwidgets.formats.caffe.errors import UnsupportedLayerError, invalid
from kwidgets.formats.caffe.layers.sizes import Pair, Window, read_window
from kwidgets.formats.caffe.step import Arrays, Step
from kwidgets.formats.errors import FormatError
from kwidgets.language import message, t

_MAX_OUTPUTS = 2**24


def convolution(step: Step) -> list[Blob]:
    """Convolution, also of several groups, depthwise and dilated."""
    blob = step.blob()
    fields = step.parameters("convolution_param")
    if fields.integer("axis", 1) != 1:
        raise UnsupportedLayerError(message("Only axis 1 can be converted."))
    window = read_window(fields)
    tensor = step.image(blob)
    height, width, channels = tensor.shape[1:]
    num_output = _num_output(step, fields.integer("num_output"))
    group = _group(step, fields.integer("group", 1), channels, num_output)
    size = Pair(
        _convolved(height, 0, window),
        _convolved(width, 1, window),
    )
    check_elements((*size, num_output))
    has_bias = fields.flag("bias_term", True)
    shape = (num_output, channels // group, *window.kernel)
    arrays = step.stored([shape, (num_output,)][: 2 if has_bias else 1], (*size, num_output), IMAGE)
    tensor, padding = _padded(step, tensor, window)
    tensor, window = _subsampled_before(step, tensor, window)
    convolved = _convolve(step, tensor, window, padding, arrays, num_output, group, has_bias)
    if window.stride != (1, 1) and window.dilation != (1, 1):
        # Keras has no stride together with a dilation: each pixel is computed, some are kept.
        convolved = _every(step, convolved, window.stride, "stride")
    return [step.image_result(convolved)]


def _convolve(
    step: Step,
    tensor: Any,
    window: Window,
    padding: str,
    arrays: Arrays | None,
    num_output: int,
    group: int,
    has_bias: bool,
) -> Any:
    channels = tensor.shape[-1]
    dilated = window.dilation != (1, 1)
    settings: dict[str, Any] = {
        "kernel_size": tuple(window.kernel),
        "strides": (1, 1) if dilated else tuple(window.stride),
        "padding": padding,
        "dilation_rate": tuple(window.dilation),
        "use_bias": has_bias,
        "bias_regularizer": step.regularizer(1),
    }
    # DepthwiseConv2D has one stride for both axes on TensorFlow.
    equal_strides = settings["strides"][0] == settings["strides"][1]
    if group > 1 and group == channels and equal_strides:
        multiplier = num_output // channels
        kernel = _kernel(arrays, lambda w: _depthwise_kernel(w, channels, multiplier))
        return step.weighted(
            keras.layers.DepthwiseConv2D,
            tensor,
            kernel,
            "depthwise_initializer",
            depth_multiplier=multiplier,
            depthwise_regularizer=step.regularizer(0),
            **settings,
        )
    kernel = _kernel(arrays, lambda w: w.transpose(2, 3, 1, 0))
    return step.weighted(
        keras.layers.Conv2D,
        tensor,
        kernel,
        "kernel_initializer",
        filters=num_output,
        groups=group,
        kernel_regularizer=step.regularizer(0),
        **settings,
    )


def _kernel(
    arrays: Arrays | None,
    to_keras: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]],
) -> Arrays | None:
    return None if arrays is None else [to_keras(arrays[0]), *arrays[1:]]


def _depthwise_kernel(
    kernel: npt.NDArray[np.float32], channels: int, multiplier: int
) -> npt.NDArray[np.float32]:
    height, width = kernel.shape[2:]
    return kernel.reshape(channels, multiplier, height, width).transpose(2, 3, 0, 1)


def _convolved(length: int, axis: int, window: Window) -> int:
    reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1
    padded = length + 2 * window.pad[axis]
    if reach > padded:
        raise FormatError(
            t("Its kernel of %1 is larger than its padded input of %2.", reach, padded)
        )
    return (padded - reach) // window.stride[axis] + 1


def _padded(step: Step, tensor: Any, window: Window) -> tuple[Any, str]:
    """Return the padded input, and the padding that is left to the layer."""
    if window.pad == (0, 0):
        return tensor, "valid"
    reach = [d * (k - 1) for k, d in zip(window.kernel, window.dilation, strict=True)]
    if window.stride == (1, 1) and [2 * pad for pad in window.pad] == reach:
        return tensor, "same"
    pad = keras.layers.ZeroPadding2D(
        ((window.pad.height,) * 2, (window.pad.width,) * 2), name=step.name("pad")
    )
    return step.keras(pad, tensor), "valid"


def _subsampled_before(step: Step, tensor: Any, window: Window) -> tuple[Any, Window]:
    """Keep only the pixels that a dilated kernel with this stride meets, where that is exact."""
    if window.kernel == (1, 1):
        window = window._replace(dilation=Pair(1, 1))
    both = window.stride != (1, 1) and window.dilation != (1, 1)
    if not both or any(
        dilation % stride for dilation, stride in zip(window.dilation, window.stride, strict=True)
    ):
        return tensor, window
    kept = _every(step, tensor, window.stride, "stride")
    dilation = Pair(
        window.dilation.height // window.stride.height,
        window.dilation.width // window.stride.width,
    )
    return kept, window._replace(stride=Pair(1, 1), dilation=dilation)


def _every(step: Step, tensor: Any, stride: Sequence[int], suffix: str) -> Any:
    """Keep every pixel at a multiple of the strides."""
    pool = keras.layers.MaxPooling2D(
        (1, 1), strides=tuple(stride), padding="valid", name=step.name(suffix)
    )
    return step.keras(pool, tensor)


def deconvolution(step: Step) -> list[Blob]:
    """Deconvolution: the transposed convolution."""
    blob = step.blob()
    fields = step.parameters("convolution_param")
    window = read_window(fields)
    tensor = step.image(blob)
    height, width, channels = tensor.shape[1:]
    num_output = _num_output(step, fields.integer("num_output"))
    group = _group(step, fields.integer("group", 1), channels, num_output)
    size = Pair(_deconvolved(height, 0, window), _deconvolved(width, 1, window))
    check_elements((*size, num_output))
    check_elements((size.height + 2 * window.pad.height, size.width + 2 * window.pad.width))
    has_bias = fields.flag("bias_term", True)
    shape = (channels, num_output // group, *window.kernel)
    arrays = step.stored([shape, (num_output,)][: 2 if has_bias else 1], (*size, num_output), IMAGE)
    # Keras has neither groups nor strides with a dilation for it.
    dilated = window.dilation != (1, 1) and window.stride != (1, 1)
    if group > 1 or dilated:
        result = _deconvolve_by_zeros(step, tensor, window, arrays, num_output, group, has_bias)
    else:
        result = step.weighted(
            keras.layers.Conv2DTranspose,
            tensor,
            _kernel(arrays, lambda w: w.transpose(2, 3, 1, 0)),
            "kernel_initializer",
            filters=num_output,
            kernel_size=tuple(window.kernel),
            strides=tuple(window.stride),
            dilation_rate=tuple(window.dilation),
            padding="valid",
            use_bias=has_bias,
            kernel_regularizer=step.regularizer(0),
            bias_regularizer=step.regularizer(1),
        )
    # Keras makes the result as long as the stride where the kernel is shorter.
    over = [found - wanted for found, wanted in zip(result.shape[1:3], size, strict=True)]
    crops = tuple((pad, extra - pad) for pad, extra in zip(window.pad, over, strict=True))
    if any(any(crop) for crop in crops):
        cropping = keras.layers.Cropping2D(crops, name=step.name("crop"))
        result = step.keras(cropping, result)
    return [step.image_result(result)]


def _deconvolve_by_zeros(
    step: Step,
    tensor: Any,
    window: Window,
    arrays: Arrays | None,
    num_output: int,
    group: int,
    has_bias: bool,
) -> Any:
    """A convolution of the input with zeros between its pixels, with the kernel turned round."""
    _, height, width, channels = tensor.shape
    rows, columns = window.stride
    if window.stride != (1, 1):
        ops = keras.ops
        tensor = step.op(ops.reshape, tensor, (-1, height, 1, width, 1, channels))
        pads = ((0, 0), (0, 0), (0, rows - 1), (0, 0), (0, columns - 1), (0, 0))
        tensor = step.op(ops.pad, tensor, pads, suffix="zeros")
        tensor = step.op(ops.reshape, tensor, (-1, height * rows, width * columns, channels))
        tensor = step.keras(
            keras.layers.Cropping2D(((0, rows - 1), (0, columns - 1)), name=step.name("between")),
            tensor,
        )
    reach = [d * (k - 1) for k, d in zip(window.kernel, window.dilation, strict=True)]
    pad = keras.layers.ZeroPadding2D(tuple((r, r) for r in reach), name=step.name("pad"))
    tensor = step.keras(pad, tensor)

    def turned(kernel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        # (in, out / group, h, w) → (out, in / group, h, w).
        size = kernel.shape
        split = kernel[:, :, ::-1, ::-1].reshape(group, channels // group, *size[1:])
        return split.swapaxes(1, 2).reshape(num_output, channels // group, *size[2:])

    flat = Window(window.kernel, Pair(1, 1), Pair(0, 0), window.dilation)
    arrays = _kernel(arrays, turned)
    return _convolve(step, tensor, flat, "valid", arrays, num_output, group, has_bias)


def _deconvolved(length: int, axis: int, window: Window) -> int:
    reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1
    return window.stride[axis] * (length - 1) + reach - 2 * window.pad[axis]


def inner_product(step: Step) -> list[Blob]:
    """InnerProduct: Dense, with the rows of its kernel in Keras's order."""
    blob = step.blob()
    fields = step.parameters("inner_product_param")
    axis = step.inner_axis(blob, fields.integer("axis", 1))
    num_output = _num_output(step, fields.integer("num_output"))
    kept = blob.shape[: axis - 1]
    lengths = blob.shape[axis - 1 :]
    num_input = int(np.prod(lengths, dtype=np.int64))
    has_bias = fields.flag("bias_term", True)
    transposed = fields.flag("transpose")
    shape = (num_input, num_output) if transposed else (num_output, num_input)
    arrays = step.stored(
        [shape, (num_output,)][: 2 if has_bias else 1],
        (*kept, num_output),
        range(len(kept) + 2),
    )
    if axis > 1:
        blob = step.as_caffe(blob)
    order = sorted(range(axis, blob.num_axes), key=lambda each: blob.axes[each])
    tensor = blob.tensor
    if axis == 1 and blob.num_axes > 2:
        tensor = step.keras(keras.layers.Flatten(name=step.name("flatten")), tensor)
    elif axis == 1 and blob.num_axes == 1:
        raise FormatError(t("It has no axis %1: its input has %2 axes.", axis, blob.num_axes))
    elif axis < blob.num_axes - 1:
        tensor = step.keras(
            keras.layers.Reshape((*kept, num_input), name=step.name("flatten")), tensor
        )

    def kernel(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        rows = weights if transposed else weights.T
        split = rows.reshape(*lengths, num_output)
        moved = split.transpose(*(each - axis for each in order), len(lengths))
        return moved.reshape(num_input, num_output)

    result = step.weighted(
        keras.layers.Dense,
        tensor,
        _kernel(arrays, kernel),
        "kernel_initializer",
        units=num_output,
        use_bias=has_bias,
        kernel_regularizer=step.regularizer(0),
        bias_regularizer=step.regularizer(1),
    )
    return [step.result(result, range(len(kept) + 2))]


def embed(step: Step) -> list[Blob]:
    """Embed: Embedding, with the bias in its rows."""
    blob = step.as_caffe(step.blob())
    fields = step.parameters("embed_param")
    num_output = _num_output(step, fields.integer("num_output"))
    num_input = _num_output(step, fields.integer("input_dim"))
    shapes = [(num_input, num_output), (num_output,)]
    has_bias = fields.flag("bias_term", True)
    axes = range(blob.num_axes + 1)
    arrays = step.stored(shapes[: 2 if has_bias else 1], (*blob.shape, num_output), axes)
    if arrays is not None and has_bias:
        arrays = [arrays[0] + arrays[1]]
    result = step.weighted(
        keras.layers.Embedding,
        blob.tensor,
        arrays,
        "embeddings_initializer",
        input_dim=num_input,
        output_dim=num_output,
    )
    return [step.result(result, axes)]


def _num_output(step: Step, value: int) -> int:
    if not 1 <= value <= _MAX_OUTPUTS:
        raise invalid("num_output", value, f"1 – {_MAX_OUTPUTS}")
    return value


def _group(step: Step, group: int, channels: int, num_output: int) -> int:
    if step.layer.type in ("DepthwiseConvolution", "ConvolutionDepthwise") and group == 1:
        group = channels
    if group < 1 or channels % group or num_output % group:
        raise invalid("group", group, t("a divisor of %1", f"{channels}, {num_output}"))
    return group
