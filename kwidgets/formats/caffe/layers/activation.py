"""Functions of each element: ReLU and its kin, Power, Exp, Log, Dropout and Softmax."""

from __future__ import annotations

import math
from typing import Any

import keras

from kwidgets.formats.caffe.blob import Blob
from kwidgets.formats.caffe.errors import invalid
from kwidgets.formats.caffe.step import Step


def relu(step: Step) -> list[Blob]:
    """ReLU, with a slope for negative inputs or without."""
    slope = step.parameters("relu_param").number("negative_slope", 0.0)
    if slope:
        return _layer(step, keras.layers.LeakyReLU(negative_slope=slope, name=step.name()))
    return _layer(step, keras.layers.ReLU(name=step.name()))


def relu6(step: Step) -> list[Blob]:
    """ReLU6: not above 6."""
    return _layer(step, keras.layers.ReLU(max_value=6.0, name=step.name()))


def prelu(step: Step) -> list[Blob]:
    """PReLU: a learned slope for each channel, or one for all."""
    blob = step.blob()
    shared = step.parameters("prelu_param").flag("channel_shared")
    step.inner_axis(blob, 1)
    channels = blob.shape[0]
    arrays = step.stored([() if shared else (channels,)], blob.tensor.shape[1:], blob.axes)
    one_each = None if shared else blob.axes[1]
    shape = [1 if axis != one_each else channels for axis in range(1, blob.num_axes)]
    filler = step.parameters("prelu_param").node("filler")
    initial = filler.number("value", 0.0) if filler.has("value") else 0.25
    layer = keras.layers.PReLU(
        shared_axes=[axis for axis in range(1, blob.num_axes) if axis != one_each] or None,
        alpha_initializer=keras.initializers.Constant(initial),
        alpha_regularizer=step.regularizer(0),
        trainable=not step.is_frozen(),
        name=step.name(),
    )
    result = layer(blob.tensor)
    if arrays is not None:
        layer.set_weights([arrays[0].reshape(shape)])
    return [step.result(result, blob.axes)]


def elu(step: Step) -> list[Blob]:
    """ELU."""
    alpha = step.parameters("elu_param").number("alpha", 1.0)
    return _layer(step, keras.layers.ELU(alpha=alpha, name=step.name()))


def sigmoid(step: Step) -> list[Blob]:
    """Sigmoid."""
    return _layer(step, keras.layers.Activation("sigmoid", name=step.name()))


def tanh(step: Step) -> list[Blob]:
    """TanH."""
    return _layer(step, keras.layers.Activation("tanh", name=step.name()))


def bnll(step: Step) -> list[Blob]:
    """BNLL: log(1 + exp(x)), which Keras calls softplus."""
    return _layer(step, keras.layers.Activation("softplus", name=step.name()))


def dropout(step: Step) -> list[Blob]:
    """Dropout: nothing when the model predicts."""
    fields = step.parameters("dropout_param")
    ratio = fields.number("dropout_ratio", 0.5)
    if not 0 <= ratio < 1:
        raise invalid("dropout_ratio", ratio, "0 ≤ … < 1")
    (result,) = _layer(step, keras.layers.Dropout(ratio, name=step.name()))
    if not fields.flag("scale_train", True):
        # Then Caffe scales in the TEST phase.
        rescaling = keras.layers.Rescaling(1 - ratio, name=step.name("scale"))
        result = Blob(rescaling(result.tensor), result.axes, result.inputs)
    return [result]


def softmax(step: Step) -> list[Blob]:
    """Softmax along an axis."""
    blob = step.blob()
    axis = step.inner_axis(blob, step.parameters("softmax_param").integer("axis", 1))
    return [step.result(softmax_layer(step, blob, axis), blob.axes)]


def softmax_layer(step: Step, blob: Blob, axis: int) -> Any:
    """Return the tensor of a softmax along a Caffe axis."""
    place = blob.axes[axis]
    last = place == blob.num_axes - 1
    layer = keras.layers.Softmax(axis=-1 if last else place, name=step.name())
    return step.keras(layer, blob.tensor)


def absval(step: Step) -> list[Blob]:
    """AbsVal: |x|."""
    return _op(step, keras.ops.absolute)


def power(step: Step) -> list[Blob]:
    """Power: (shift + scale · x) ^ power."""
    blob = step.blob()
    fields = step.parameters("power_param")
    tensor = _affine(step, blob, fields.number("scale", 1.0), fields.number("shift", 0.0))
    exponent = fields.number("power", 1.0)
    if exponent != 1:
        tensor = step.op(keras.ops.power, tensor, exponent)
    return [step.result(tensor, blob.axes)]


def exp(step: Step) -> list[Blob]:
    """Exp: base ^ (shift + scale · x)."""
    blob = step.blob()
    fields = step.parameters("exp_param")
    factor = _log_of_base(fields.number("base", -1.0))
    scale, shift = fields.number("scale", 1.0), fields.number("shift", 0.0)
    tensor = _affine(step, blob, scale * factor, shift * factor)
    return [step.result(step.op(keras.ops.exp, tensor), blob.axes)]


def log(step: Step) -> list[Blob]:
    """Log: the logarithm of shift + scale · x, to a base."""
    blob = step.blob()
    fields = step.parameters("log_param")
    factor = _log_of_base(fields.number("base", -1.0))
    if not factor:
        raise invalid("base", 1, "-1, > 0, ≠ 1")
    tensor = _affine(step, blob, fields.number("scale", 1.0), fields.number("shift", 0.0))
    tensor = step.op(keras.ops.log, tensor)
    if factor != 1:
        tensor = step.keras(keras.layers.Rescaling(1 / factor, name=step.name("base")), tensor)
    return [step.result(tensor, blob.axes)]


def threshold(step: Step) -> list[Blob]:
    """Threshold: 1 above it, else 0."""
    blob = step.blob()
    limit = step.parameters("threshold_param").number("threshold", 0.0)
    above = step.op(keras.ops.greater, blob.tensor, limit)
    return [step.result(step.op(keras.ops.cast, above, "float32"), blob.axes)]


def swish(step: Step) -> list[Blob]:
    """Swish: x · sigmoid(beta · x)."""
    blob = step.blob()
    beta = step.parameters("swish_param").number("beta", 1.0)
    if beta == 1:
        return _layer(step, keras.layers.Activation("silu", name=step.name()))
    tensor = _affine(step, blob, beta, 0.0)
    gate = step.keras(keras.layers.Activation("sigmoid", name=step.name("gate")), tensor)
    result = keras.layers.Multiply(name=step.name())([blob.tensor, gate])
    return [step.result(result, blob.axes)]


def clip(step: Step) -> list[Blob]:
    """Clip: not below min, not above max."""
    fields = step.parameters("clip_param")
    if not fields.has("min") or not fields.has("max"):
        raise invalid("clip_param", "–", "min, max")
    blob = step.blob()
    limits = fields.number("min"), fields.number("max")
    return [step.result(step.op(keras.ops.clip, blob.tensor, *limits), blob.axes)]


def _layer(step: Step, layer: Any) -> list[Blob]:
    blob = step.blob()
    return [step.result(step.keras(layer, blob.tensor), blob.axes)]


def _op(step: Step, function: Any) -> list[Blob]:
    blob = step.blob()
    return [step.result(step.op(function, blob.tensor), blob.axes)]


def _affine(step: Step, blob: Blob, scale: float, shift: float) -> Any:
    if scale == 1 and shift == 0:
        return blob.tensor
    layer = keras.layers.Rescaling(scale, shift, name=step.name("affine"))
    return step.keras(layer, blob.tensor)


def _log_of_base(base: float) -> float:
    if base == -1:
        return 1.0
    if base <= 0:
        raise invalid("base", base, "-1, > 0")
    return math.log(base)
