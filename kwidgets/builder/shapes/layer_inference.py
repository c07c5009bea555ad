"""What Keras says of one layer, given what goes in, without allocating a weight."""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from kwidgets.builder import catalog, convert
from kwidgets.builder.analysis import LayerFacts, Problem, Shape
from kwidgets.builder.catalog import labels
from kwidgets.builder.shapes import input_checks, keras_errors
from kwidgets.builder.spec import (
    INPUT_LAYER,
    SEQUENTIAL,
    LayerSpec,
    ObjectSpec,
    Reference,
    Value,
)
from kwidgets.dry_run import LimitExceeded, dry_scope, run_limited
from kwidgets.language import t

# What Keras says to a variable that is made with a value in a dry scope.
_NOT_DRY = "while in a stateless scope"
# Keras's own that run code of the user's.
_RUNS_USERS_CODE = {"keras.layers.Lambda", "keras.layers.TorchModuleWrapper"}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """What flows between two layers: shape with the batch, and dtype."""

    shape: Shape
    dtype: str


@dataclasses.dataclass(frozen=True)
class Found:
    facts: LayerFacts
    output: Tensor | None


def ask(entry: LayerSpec, tensor: Tensor) -> tuple[Found, keras.Layer | None]:
    """Ask Keras; return also the layer that was asked, where it can be asked again."""

    def answer() -> tuple[Found, keras.Layer | None]:
        unusable = _unusable(entry, tensor)
        if unusable:
            return Found(LayerFacts("error", tensor.shape, problem=unusable), None), None
        if entry.object.live is not None:
            live = entry.object.live.value
            return run_limited(lambda: _infer_live(live, tensor)), None
        if is_trusted(entry.object):
            return _call(entry, tensor)
        return run_limited(lambda: _call(entry, tensor))[0], None

    return _explained(entry, tensor, answer)


def ask_live(layer: keras.Layer, entry: LayerSpec, tensor: Tensor) -> Found:
    """Ask the layer itself that ``entry`` describes, which knows more than its arguments say."""
    return _explained(entry, tensor, lambda: (_infer_live(layer, tensor), None))[0]


def _explained(
    entry: LayerSpec, tensor: Tensor, answer: Callable[[], tuple[Found, keras.Layer | None]]
) -> tuple[Found, keras.Layer | None]:
    try:
        return answer()
    except LimitExceeded as error:
        problem = Problem(
            t(
                "The code of %1 was cut off: %2. Its call must be quick and must not "
                "allocate, because it is tried at each edit.",
                entry.title,
                error,
            ),
            f"{entry.title}: {error}",
        )
    except Exception as error:
        if _NOT_DRY in str(error):
            # It makes a variable with a value of its own, which cannot be tried without one.
            return Found(LayerFacts("unknown", tensor.shape), None), None
        problem = keras_errors.explain(error, entry, tensor.shape)
    return Found(LayerFacts("error", tensor.shape, problem=problem), None), None


def _call(entry: LayerSpec, tensor: Tensor) -> tuple[Found, keras.Layer]:
    with dry_scope():
        # Without a batch size Keras says that it needs one.
        has_batch = tensor.shape[0] is not None
        layer = convert.make_object(_without_state(entry.object) if has_batch else entry.object)
        given = keras.KerasTensor(tensor.shape, tensor.dtype)
        output = layer(given)
        if output is given:
            return _cyclic(layer, tensor), layer
        return _found(layer, tensor, output), layer


def _without_state(spec: ObjectSpec) -> ObjectSpec:
    """A recurrent layer that does not keep its state: of the same shapes, and can be tried."""
    arguments = {
        name: _without_state(value) if isinstance(value, ObjectSpec) else value
        for name, value in spec.arguments.items()
        if name != "stateful" or not spec.class_name.startswith("keras.")
    }
    return dataclasses.replace(spec, arguments=arguments)


def _cyclic(layer: keras.Layer, tensor: Tensor) -> Found:
    """A model cannot tell apart what goes into a layer and what comes out, if both are one."""
    name = type(layer).__name__
    problem = Problem(
        t(
            "%1 cannot be in a model as this version of Keras has it: it hands on "
            "the very tensor that it was given. Apply it to the data beforehand.",
            name,
        ),
        f"{name} returns its input, which makes a cycle of the model's graph",
    )
    return Found(LayerFacts("error", tensor.shape, problem=problem), None)


def _infer_live(layer: keras.Layer, tensor: Tensor) -> Found:
    """Ask a layer that cannot be made anew, without leaving a mark on it."""
    if not layer.built:
        return Found(LayerFacts("unknown", tensor.shape), None)
    with dry_scope():
        output = layer.compute_output_spec(keras.KerasTensor(tensor.shape, tensor.dtype))
        expected = getattr(layer, "input_shape", None)
        if isinstance(expected, tuple) and len(expected) != len(tensor.shape):
            raise ValueError(
                f"{layer.name} was built for input of shape {expected}; got {tensor.shape}"
            )
        return _found(layer, tensor, output)


def _found(layer: keras.Layer, tensor: Tensor, output: Any) -> Found:
    if not isinstance(output, keras.KerasTensor):
        several = isinstance(output, (tuple, list, dict))
        kind = "several outputs" if several else f"no tensor but {output!r}"
        title = type(layer).__name__
        text = (
            t("%1 gives several outputs; each layer of a Sequential gives one tensor.", title)
            if several
            else t(
                "%1 gives no tensor but %2; each layer of a Sequential gives one tensor.",
                title,
                repr(output),
            )
        )
        parameter = None
        if getattr(layer, "return_state", False):
            parameter = "return_state"
            text += " " + t("Set return_state to False.")
        elif several and getattr(layer, "merge_mode", "") is None:
            parameter = "merge_mode"
            text += " " + t('Set merge_mode to "concat".')
        problem = Problem(
            text,
            f"Layers of a Sequential model must return one tensor; {layer.name} returned {kind}.",
            parameter,
        )
        return Found(LayerFacts("error", tensor.shape, problem=problem), None)
    shape = tuple(None if size is None else int(size) for size in output.shape)
    dtype = keras.backend.standardize_dtype(output.dtype)
    weights = layer.weights
    # A wrapper's own ``trainable`` does not reach the weights of what it wraps.
    counts = [(_size(weight.shape), weight) for weight in weights]
    return Found(
        LayerFacts(
            status="ok",
            input_shape=tensor.shape,
            output_shape=shape,
            output_dtype=dtype,
            parameters=sum(count for count, _ in counts),
            trainable=sum(count for count, weight in counts if weight.trainable),
            weight_bytes=sum(count * _item_bytes(weight.dtype) for count, weight in counts),
            output_bytes=output_bytes(shape, dtype),
            weight_shapes=tuple(tuple(int(s) for s in weight.shape) for weight in weights),
        ),
        Tensor(shape, dtype),
    )


def _unusable(entry: LayerSpec, tensor: Tensor) -> Problem | None:
    """What can be said without trying."""
    if entry.class_name == INPUT_LAYER:
        expected = entry.arguments.get("shape")
        if expected is not None and tuple(expected) != tensor.shape[1:]:
            return Problem(
                t(
                    "This block says that it takes %1, but gets %2.",
                    (None, *expected),
                    tensor.shape,
                ),
                "The input shape of a nested Sequential differs from what the layer before gives.",
                "shape",
            )
    wrong = input_checks.problem(entry, tensor.shape, tensor.dtype)
    if wrong:
        return wrong
    known = catalog.catalog().entry(entry.class_name)
    if known and known["unusable"] and entry.class_name not in (INPUT_LAYER, SEQUENTIAL):
        return Problem(
            t(
                "%1 cannot be in a Sequential: %2.",
                entry.title,
                labels.reason(known["unusable"]),
            ),
            known["unusable"],
        )
    return missing(entry.object)


def missing(spec: ObjectSpec) -> Problem | None:
    """A required argument that is not there, of the object or of one in it."""
    if spec.live is not None or spec.from_config or spec.class_name == SEQUENTIAL:
        return None
    try:
        parameters = inspect.signature(catalog.class_of(spec.class_name)).parameters
    except (KeyError, ValueError):
        return None
    for name, parameter in parameters.items():
        if (
            parameter.default is parameter.empty
            and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
            and spec.arguments.get(name) is None
        ):
            return Problem(
                t("%1 needs %2: set it.", spec.title, name),
                f"missing a required argument: '{name}'",
                name,
            )
    for name, value in spec.arguments.items():
        for item in value if isinstance(value, (tuple, list)) else (value,):
            problem = missing(item) if isinstance(item, ObjectSpec) else None
            if problem:
                return dataclasses.replace(problem, parameter=name)
    return None


def is_trusted(spec: ObjectSpec) -> bool:
    """Whether only Keras's own code runs when the object is made and called."""
    if spec.class_name in _RUNS_USERS_CODE or not spec.class_name.startswith("keras."):
        return False
    return all(_trusted_value(value) for value in spec.arguments.values())


def _trusted_value(value: Value) -> bool:
    if isinstance(value, ObjectSpec):
        return is_trusted(value)
    if isinstance(value, Reference):
        return not callable(value.value)
    if isinstance(value, (tuple, list)):
        return all(_trusted_value(item) for item in value)
    if isinstance(value, Mapping):
        return all(_trusted_value(item) for item in value.values())
    return True


def _size(shape: Sequence[int | None]) -> int:
    # Python's ints: NumPy's products overflow at 10^10 weights.
    return math.prod(int(size or 0) for size in shape)


def output_bytes(shape: Shape, dtype: str) -> int | None:
    sizes = shape[1:]
    if any(size is None for size in sizes):
        return None
    return _size(sizes) * _item_bytes(dtype)


def _item_bytes(dtype: str) -> int:
    bits = "".join(character for character in str(dtype) if character.isdigit())
    return max(1, int(bits) // 8) if bits and dtype != "string" else 1
