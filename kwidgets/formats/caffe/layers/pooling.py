"""Pooling and SPP: windows over an image, of which the last may hang over its edge."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np

from kwidgets.formats.caffe.blob import Blob, Unavailable
from kwidgets.formats.caffe.errors import UnsupportedLayerError, invalid
from kwidgets.formats.caffe.layers.sizes import Pair, Window, read_window
from kwidgets.formats.caffe.step import Step
from kwidgets.formats.errors import FormatError
from kwidgets.language import message, t

_METHODS = ("MAX", "AVE", "STOCHASTIC")
# Windows of pyramids are halved at each level.
_MAX_PYRAMID = 10


class _Span(NamedTuple):
    """The windows along one axis: their number, and what is added at both ends of the input."""

    length: int
    windows: int
    before: int
    after: int


def pooling(step: Step) -> list[Blob | Unavailable]:
    """Pooling, also over the whole image; the places of maxima are not available."""
    fields = step.parameters("pooling_param")
    method = _method(step)
    tensor = step.image(step.blob())
    if fields.flag("global_pooling"):
        kind = (
            keras.layers.GlobalMaxPooling2D
            if method == "MAX"
            else keras.layers.GlobalAveragePooling2D
        )
        pooled = step.keras(kind(keepdims=True, name=step.name()), tensor)
    else:
        window = read_window(fields)
        if window.dilation != (1, 1):
            raise UnsupportedLayerError(message("Pooling with a dilation cannot be converted."))
        ceil = fields.choice("round_mode", ("CEIL", "FLOOR"), "CEIL") == "CEIL"
        pooled = _pool(step, tensor, method, window, ceil and fields.flag("ceil_mode", True))
    masks = [Unavailable()] * (len(step.layer.tops) - 1)
    return [step.image_result(pooled), *masks]


def spp(step: Step) -> list[Blob]:
    """SPP, spatial pyramid pooling: poolings into 1, 2, 4 … windows a side, joined."""
    fields = step.parameters("spp_param")
    levels = fields.integer("pyramid_height")
    if not 1 <= levels <= _MAX_PYRAMID:
        raise invalid("pyramid_height", levels, f"1 – {_MAX_PYRAMID}")
    method = _method(step, "spp_param")
    tensor = step.image(step.blob())
    height, width, _ = tensor.shape[1:]
    parts = []
    for level in range(levels):
        bins = 2**level
        kernel = Pair(-(-height // bins), -(-width // bins))
        pad = Pair((kernel.height * bins - height + 1) // 2, (kernel.width * bins - width + 1) // 2)
        window = Window(kernel, kernel, pad, Pair(1, 1))
        pooled = _pool(step, tensor, method, window, True, f"level{level}")
        flat = step.as_caffe(step.image_result(pooled)).tensor
        parts.append(step.keras(keras.layers.Flatten(name=step.name(f"flat{level}")), flat))
    if len(parts) == 1:
        return [step.result(parts[0], (0, 1))]
    joined = keras.layers.Concatenate(name=step.name())(parts)
    return [step.result(joined, (0, 1))]


def _method(step: Step, message_name: str = "pooling_param") -> str:
    method = step.parameters(message_name).choice("pool", _METHODS, "MAX")
    if method == "STOCHASTIC":
        raise UnsupportedLayerError(message("Stochastic pooling cannot be converted."))
    return method


def _pool(
    step: Step, tensor: Any, method: str, window: Window, ceil: bool, suffix: str = ""
) -> Any:
    height, width = tensor.shape[1:3]
    spans = (_span(height, 0, window, ceil), _span(width, 1, window, ceil))
    settings: dict[str, Any] = {"pool_size": tuple(window.kernel), "strides": tuple(window.stride)}
    padding = _padding(spans, window, method)
    if padding is None:
        tensor = _pad(step, tensor, spans, method)
    settings["padding"] = padding or "valid"
    if method == "MAX":
        return step.keras(keras.layers.MaxPooling2D(**settings, name=step.name(suffix)), tensor)
    pooled = step.keras(keras.layers.AveragePooling2D(**settings, name=step.name(suffix)), tensor)
    if padding is not None:
        return pooled
    for axis, (span, shape) in enumerate(zip(spans, ((-1, 1, 1), (1, -1, 1)), strict=True)):
        factor = _divisors(span, axis, window).astype(np.float32)
        if (factor != 1).any():
            pooled = step.op(keras.ops.multiply, pooled, factor.reshape(shape), suffix="edges")
    return pooled


def _span(length: int, axis: int, window: Window, ceil: bool) -> _Span:
    kernel, stride, pad = window.kernel[axis], window.stride[axis], window.pad[axis]
    if pad >= kernel and pad:
        raise invalid("pad", pad, f"< {kernel}")
    over = length + 2 * pad - kernel
    if over < 0 and not ceil:
        raise FormatError(
            t("Its kernel of %1 is larger than its padded input of %2.", kernel, length + 2 * pad)
        )
    windows = (-(-over // stride) if ceil else over // stride) + 1
    # The last window must begin within the image or its pad before it.
    if pad and (windows - 1) * stride >= length + pad:
        windows -= 1
    if windows < 1:
        raise FormatError(
            t("Its kernel of %1 is larger than its padded input of %2.", kernel, length + 2 * pad)
        )
    after = (windows - 1) * stride + kernel - length - pad
    return _Span(length, windows, pad, max(after, 0))


def _padding(spans: tuple[_Span, _Span], window: Window, method: str) -> str | None:
    """Return the padding of Keras that does the same, or None if there is none."""
    if all(not span.before and not span.after for span in spans):
        return "valid"
    for axis, span in enumerate(spans):
        stride = window.stride[axis]
        if span.windows != -(-span.length // stride):
            return None
        total = max((span.windows - 1) * stride + window.kernel[axis] - span.length, 0)
        if (span.before, span.after) != (total // 2, total - total // 2):
            return None
    # Keras's "same" does not count the pads in a mean, but Caffe does; behind the image neither
    # counts them, but Keras on PyTorch takes the last pixels again there.
    if method == "AVE":
        return None
    return "same"


def _pad(step: Step, tensor: Any, spans: tuple[_Span, _Span], method: str) -> Any:
    pads = tuple((span.before, span.after) for span in spans)
    if method == "AVE":
        return step.keras(keras.layers.ZeroPadding2D(pads, name=step.name("pad")), tensor)
    return step.op(
        keras.ops.pad,
        tensor,
        ((0, 0), *pads, (0, 0)),
        constant_values=-float("inf"),
        suffix="pad",
    )


def _divisors(span: _Span, axis: int, window: Window) -> Any:
    """Return by what a mean over the whole kernel is to be multiplied, for each window."""
    kernel, stride = window.kernel[axis], window.stride[axis]
    starts = np.arange(span.windows) * stride - span.before
    ends = np.minimum(starts + kernel, span.length + span.before)
    # A window without any number gives 0 / 0 in Caffe.
    with np.errstate(divide="ignore"):
        return kernel / (ends - starts)
