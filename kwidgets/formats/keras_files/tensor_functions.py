"""TensorFlow's functions in a model of tf.keras, as Keras's operations.

``a + b`` and ``tf.nn.relu(a)`` on tensors of tf.keras became layers "TFOpLambda" that name the
function. Parameters here have TensorFlow's names, since files give them by name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.layer_config import dtype as known_dtype
from kwidgets.formats.keras_files.parts import CutError, OldLayer, Part
from kwidgets.language import message, t

ops = keras.ops


def function_layer(old: OldLayer, inputs: Any) -> Part:
    """Return the operation of a TFOpLambda, SlicingOpLambda or ClassMethod.

    Raises:
        CutError: the function has no counterpart.
    """
    del inputs
    name = str(old.config.get("function", ""))
    found = FUNCTIONS.get(name.removeprefix("compat.v1.").removeprefix("math."))
    if found is None:
        raise CutError(
            message(
                "“%1” calls TensorFlow's function “%2”, which has no counterpart here. Write it "
                "with keras.ops, and connect it to the outputs of this model.",
                old.name,
                name,
            )
        )

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        given = {key: value for key, value in kwargs.items() if key not in _UNUSED}
        if isinstance(inputs, (list, tuple)) and len(inputs) == 1 and name not in _OF_LISTS:
            inputs = inputs[0]
        known = inspect.signature(found).parameters
        given = {key: value for key, value in given.items() if key in known or value}
        return found(_plain(inputs), **{key: _plain(value) for key, value in given.items()})

    return Part(
        [],
        apply=apply,
        notes=[message("TensorFlow's %1 became Keras's operation.", name)],
        outcome="repaired",
    )


_UNUSED = ("name", "training", "type")
_OF_LISTS = ("concat", "stack", "math.add_n", "add_n")


def _plain(value: Any) -> Any:
    """Return lists of numbers as arrays, and leave tensors and lists with tensors."""
    if isinstance(value, list) and value and all(_is_number(each) for each in _leaves(value)):
        array = np.asarray(value)
        return array.astype("float32") if array.dtype == np.float64 else array
    return value


def _leaves(value: Any) -> list[Any]:
    found, open_lists = [], [value]
    while open_lists:
        each = open_lists.pop()
        if isinstance(each, list):
            open_lists.extend(each)
        else:
            found.append(each)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _integers(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return tuple(int(each) for each in value.ravel())
    if isinstance(value, (list, tuple)):
        return tuple(int(each) for each in value)
    return int(value)


def _axes(value: Any) -> Any:
    return None if value is None else _integers(value)


def _reduce(operation: Callable[..., Any]) -> Callable[..., Any]:
    def reduced(input_tensor: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return operation(input_tensor, axis=_axes(axis), keepdims=bool(keepdims))

    return reduced


def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    return ops.matmul(_swapped(a) if transpose_a else a, _swapped(b) if transpose_b else b)


def _swapped(tensor: Any) -> Any:
    return ops.swapaxes(tensor, -1, -2)


def _cast(x: Any, dtype: Any) -> Any:
    name = known_dtype(str(dtype).removeprefix("tf."))
    if name is None:
        raise FormatError(t("The model casts to “%1”, which Keras does not know.", dtype))
    return ops.cast(x, name)


def _getitem(tensor: Any, slice_spec: Any) -> Any:
    spec = slice_spec.tolist() if isinstance(slice_spec, np.ndarray) else slice_spec
    spec = spec if isinstance(spec, (list, tuple)) else [spec]
    keys: list[Any] = []
    for each in spec:
        if isinstance(each, Mapping) and {"start", "stop", "step"} <= set(each):
            keys.append(slice(*(_bound(each[key]) for key in ("start", "stop", "step"))))
        elif isinstance(each, Mapping) and each.get("class_name") == "__ellipsis__":
            keys.append(Ellipsis)
        elif isinstance(each, int) and not isinstance(each, bool):
            keys.append(each)
        elif each is None:
            keys.append(None)
        elif each in ("Ellipsis", "..."):
            keys.append(Ellipsis)
        else:
            raise FormatError(t("The model slices by %1, which cannot be read.", repr(each)[:60]))
    return tensor[tuple(keys)]


def _bound(value: Any) -> int | None:
    return None if value is None else int(value)


def _reshape(tensor: Any, shape: Any) -> Any:
    return ops.reshape(tensor, _integers(shape))


def _split(value: Any, num_or_size_splits: Any, axis: Any = 0) -> Any:
    sizes = _integers(num_or_size_splits)
    if isinstance(sizes, tuple):
        sizes = [int(each) for each in np.cumsum(sizes)[:-1]]
    return ops.split(value, sizes, axis=int(axis))


def _pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    widths = [tuple(int(each) for each in pair) for pair in np.asarray(paddings).tolist()]
    if mode.lower() == "constant":
        return ops.pad(tensor, widths, constant_values=constant_values)
    return ops.pad(tensor, widths, mode=mode.lower())


def _transpose(a: Any, perm: Any = None) -> Any:
    return ops.transpose(a, None if perm is None else _integers(perm))


def _l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12) -> Any:
    total = ops.sum(ops.square(x), axis=_axes(axis), keepdims=True)
    return x * ops.rsqrt(ops.maximum(total, epsilon))


def _bias_add(value: Any, bias: Any) -> Any:
    return ops.add(value, bias)


def _softmax(logits: Any, axis: Any = -1) -> Any:
    return ops.softmax(logits, axis=-1 if axis is None else int(axis))


def _relu(features: Any) -> Any:
    return ops.relu(features)


def _expand_dims(input: Any, axis: Any) -> Any:
    return ops.expand_dims(input, _integers(axis))


def _squeeze(input: Any, axis: Any = None) -> Any:
    return ops.squeeze(input, _axes(axis))


def _tile(input: Any, multiples: Any) -> Any:
    return ops.tile(input, _integers(multiples))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "__operators__.add": lambda x, y: ops.add(x, y),
    "__operators__.getitem": lambda tensor, slice_spec: _getitem(tensor, slice_spec),
    "abs": lambda x: ops.abs(x),
    "add": lambda x, y: ops.add(x, y),
    "add_n": lambda inputs: keras.layers.Add()(list(inputs)),
    "argmax": lambda input, axis=0: ops.argmax(input, axis=int(axis)),
    "cast": _cast,
    "clip_by_value": lambda t, clip_value_min, clip_value_max: ops.clip(
        t, clip_value_min, clip_value_max
    ),
    "concat": lambda values, axis: ops.concatenate(list(values), axis=int(axis)),
    "cos": lambda x: ops.cos(x),
    "cumsum": lambda x, axis=0: ops.cumsum(x, axis=int(axis)),
    "divide": lambda x, y: ops.divide(x, y),
    "erf": lambda x: ops.erf(x),
    "exp": lambda x: ops.exp(x),
    "expand_dims": _expand_dims,
    "floor": lambda x: ops.floor(x),
    "greater": lambda x, y: ops.greater(x, y),
    "identity": lambda input: input,
    "l2_normalize": _l2_normalize,
    "less": lambda x, y: ops.less(x, y),
    "linalg.l2_normalize": _l2_normalize,
    "linalg.matmul": _matmul,
    "log": lambda x: ops.log(x),
    "matmul": _matmul,
    "maximum": lambda x, y: ops.maximum(x, y),
    "minimum": lambda x, y: ops.minimum(x, y),
    "multiply": lambda x, y: ops.multiply(x, y),
    "negative": lambda x: ops.negative(x),
    "nn.bias_add": _bias_add,
    "nn.elu": lambda features: ops.elu(features),
    "nn.gelu": lambda features, approximate=False: ops.gelu(features, approximate=approximate),
    "nn.l2_normalize": _l2_normalize,
    "nn.leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, negative_slope=alpha),
    "nn.relu": _relu,
    "nn.relu6": lambda features: ops.relu6(features),
    "nn.sigmoid": lambda x: ops.sigmoid(x),
    "nn.silu": lambda features: ops.silu(features),
    "nn.softmax": _softmax,
    "nn.softplus": lambda features: ops.softplus(features),
    "nn.swish": lambda features: ops.silu(features),
    "nn.tanh": lambda x: ops.tanh(x),
    "ones_like": lambda input: ops.ones_like(input),
    "pad": _pad,
    "pow": lambda x, y: ops.power(x, y),
    "realdiv": lambda x, y: ops.divide(x, y),
    "reciprocal": lambda x: ops.reciprocal(x),
    "reduce_max": _reduce(ops.max),
    "reduce_mean": _reduce(ops.mean),
    "reduce_min": _reduce(ops.min),
    "reduce_prod": _reduce(ops.prod),
    "reduce_std": _reduce(ops.std),
    "reduce_sum": _reduce(ops.sum),
    "reduce_variance": _reduce(ops.var),
    "reshape": _reshape,
    "rsqrt": lambda x: ops.rsqrt(x),
    "sigmoid": lambda x: ops.sigmoid(x),
    "sign": lambda x: ops.sign(x),
    "sin": lambda x: ops.sin(x),
    "softplus": lambda features: ops.softplus(features),
    "split": _split,
    "sqrt": lambda x: ops.sqrt(x),
    "square": lambda x: ops.square(x),
    "squared_difference": lambda x, y: ops.square(ops.subtract(x, y)),
    "squeeze": _squeeze,
    "stack": lambda values, axis=0: ops.stack(list(values), axis=int(axis)),
    "stop_gradient": lambda input: ops.stop_gradient(input),
    "subtract": lambda x, y: ops.subtract(x, y),
    "tanh": lambda x: ops.tanh(x),
    "tile": _tile,
    "transpose": _transpose,
    "truediv": lambda x, y: ops.divide(x, y),
    "unstack": lambda value, axis=0: ops.unstack(value, axis=int(axis)),
    "where": lambda condition, x, y: ops.where(condition, x, y),
    "zeros_like": lambda input: ops.zeros_like(input),
}
