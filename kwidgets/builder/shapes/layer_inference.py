"""Infers the output shape, weights and problem of one layer, without allocating weights."""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from kwidgets.builder import catalog, convert
from kwidgets.builder.analysis import LayerFacts, Problem, Shape, shapes_match
from kwidgets.builder.catalog import labels
from kwidgets.builder.shapes import explain_keras_error, input_checks
from kwidgets.builder.spec import (
    INPUT_LAYER,
    SEQUENTIAL,
    Arguments,
    LayerSpec,
    ObjectSpec,
    Reference,
    Value,
)
from kwidgets.dry_run import LimitExceeded, dry_scope, run_limited
from kwidgets.language import t

# Part of Keras's error about a variable that is created with a value in a dry scope.
_NEEDS_INITIAL_VALUE = "while in a stateless scope"
# Keras's own layers that run the user's code.
_RUN_CUSTOM_CODE = {"keras.layers.Lambda", "keras.layers.TorchModuleWrapper"}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """The tensor between two layers: its shape with the batch, and its dtype."""

    shape: Shape
    dtype: str


@dataclasses.dataclass(frozen=True)
class InferredLayer:
    """The facts about a layer, and the tensor that it returns, or None if that is unknown."""

    facts: LayerFacts
    output: Tensor | None


def infer_layer(entry: LayerSpec, tensor: Tensor) -> tuple[InferredLayer, keras.Layer | None]:
    """Return what Keras infers for a layer; also the layer itself, if it can be called again."""

    def infer() -> tuple[InferredLayer, keras.Layer | None]:
        unusable = _problem_before_call(entry, tensor)
        if unusable:
            return InferredLayer(LayerFacts("error", tensor.shape, problem=unusable), None), None
        if entry.class_name == INPUT_LAYER:
            return _pass_on(tensor), None
        if entry.object.live is not None:
            live = entry.object.live.value
            return run_limited(lambda: _infer_live(live, tensor)), None
        if is_trusted(entry.object):
            return _call_symbolically(entry, tensor)
        return run_limited(lambda: _call_symbolically(entry, tensor))[0], None

    return _with_problem(entry, tensor, infer)


def infer_live_layer(layer: keras.Layer, entry: LayerSpec, tensor: Tensor) -> InferredLayer:
    """Return what the existing layer of ``entry`` infers, whose state its arguments do not show."""
    return _with_problem(entry, tensor, lambda: (_infer_live(layer, tensor), None))[0]


def _with_problem(
    entry: LayerSpec, tensor: Tensor, infer: Callable[[], tuple[InferredLayer, keras.Layer | None]]
) -> tuple[InferredLayer, keras.Layer | None]:
    try:
        return infer()
    except LimitExceeded as error:
        problem = Problem(
            t(
                "The code of %1 was stopped: %2. It is called after each edit, so it must be "
                "fast and must not allocate much memory.",
                entry.title,
                error,
            ),
            f"{entry.title}: {error}",
        )
    except Exception as error:
        if _NEEDS_INITIAL_VALUE in str(error):
            # The layer creates a variable with a value, which a dry scope does not allow.
            return InferredLayer(LayerFacts("unknown", tensor.shape), None), None
        problem = explain_keras_error.explain(error, entry, tensor.shape)
    return InferredLayer(LayerFacts("error", tensor.shape, problem=problem), None), None


def _call_symbolically(entry: LayerSpec, tensor: Tensor) -> tuple[InferredLayer, keras.Layer]:
    with dry_scope():
        # Without a batch size Keras itself raises that a stateful layer needs one.
        has_batch = tensor.shape[0] is not None
        layer = convert.make_object(_without_state(entry.object) if has_batch else entry.object)
        given = keras.KerasTensor(tensor.shape, tensor.dtype)
        output = layer(given)
        if output is given:
            return _output_is_input(layer, tensor), layer
        return _inferred_from_output(layer, tensor, output), layer


def _pass_on(tensor: Tensor) -> InferredLayer:
    """Return the facts about the input of a block, which computes nothing."""
    facts = LayerFacts(
        status="ok",
        input_shape=tensor.shape,
        output_shape=tensor.shape,
        output_dtype=tensor.dtype,
        parameters=0,
        trainable=0,
        weight_bytes=0,
        output_bytes=output_bytes(tensor.shape, tensor.dtype),
        weight_shapes=(),
    )
    return InferredLayer(facts, tensor)


def _without_state(spec: ObjectSpec) -> ObjectSpec:
    """Return a spec without ``stateful``: the shapes are the same, and no state is created."""
    arguments = {
        name: _without_state(value) if isinstance(value, ObjectSpec) else value
        for name, value in spec.arguments.items()
        if name != "stateful" or not spec.class_name.startswith("keras.")
    }
    return dataclasses.replace(spec, arguments=arguments)


def _output_is_input(layer: keras.Layer, tensor: Tensor) -> InferredLayer:
    """Return the problem of a layer that returns its input, which makes a cycle in a model."""
    name = type(layer).__name__
    problem = Problem(
        t(
            "In this version of Keras, %1 cannot be part of a model because it returns its "
            "input tensor unchanged. Apply it to the data before training.",
            name,
        ),
        f"{name} returns its input, which makes a cycle of the model's graph",
    )
    return InferredLayer(LayerFacts("error", tensor.shape, problem=problem), None)


def _infer_live(layer: keras.Layer, tensor: Tensor) -> InferredLayer:
    """Return what a layer infers that cannot be recreated, without changing it."""
    if not layer.built:
        return InferredLayer(LayerFacts("unknown", tensor.shape), None)
    with dry_scope():
        output = layer.compute_output_spec(keras.KerasTensor(tensor.shape, tensor.dtype))
        expected = getattr(layer, "input_shape", None)
        if isinstance(expected, tuple) and len(expected) != len(tensor.shape):
            raise ValueError(
                f"{layer.name} was built for input of shape {expected}, not {tensor.shape}"
            )
        return _inferred_from_output(layer, tensor, output)


def _inferred_from_output(layer: keras.Layer, tensor: Tensor, output: Any) -> InferredLayer:
    if not isinstance(output, keras.KerasTensor):
        several = isinstance(output, (tuple, list, dict))
        kind = "several outputs" if several else f"no tensor but {output!r}"
        title = type(layer).__name__
        text = (
            t(
                "%1 returns several outputs. Each layer of a Sequential must return one tensor.",
                title,
            )
            if several
            else t(
                "%1 returns %2 instead of a tensor. Each layer of a Sequential must return one "
                "tensor.",
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
        return InferredLayer(LayerFacts("error", tensor.shape, problem=problem), None)
    shape = tuple(None if size is None else int(size) for size in output.shape)
    dtype = keras.backend.standardize_dtype(output.dtype)
    weights = layer.weights
    # A wrapper's own ``trainable`` does not change the weights of the wrapped layer.
    counts = [(_num_elements(weight.shape), weight) for weight in weights]
    return InferredLayer(
        LayerFacts(
            status="ok",
            input_shape=tensor.shape,
            output_shape=shape,
            output_dtype=dtype,
            parameters=sum(count for count, _ in counts),
            trainable=sum(count for count, weight in counts if weight.trainable),
            weight_bytes=bytes_of_weights(weights),
            output_bytes=output_bytes(shape, dtype),
            weight_shapes=tuple(tuple(int(s) for s in weight.shape) for weight in weights),
        ),
        Tensor(shape, dtype),
    )


def _problem_before_call(entry: LayerSpec, tensor: Tensor) -> Problem | None:
    """Return the problem that shows without calling the layer, if any."""
    if entry.class_name == INPUT_LAYER:
        expected = entry.arguments.get("shape")
        if expected is not None and not shapes_match((None, *expected), tensor.shape):
            return Problem(
                t(
                    "This block is declared with input %1 but gets %2.",
                    (None, *expected),
                    tensor.shape,
                ),
                "The input shape of a nested Sequential differs from what the layer before gives.",
                "shape",
            )
    wrong = input_checks.input_problem(entry, tensor.shape, tensor.dtype)
    if wrong:
        return wrong
    known = catalog.catalog().entry(entry.class_name)
    if known and known["unusable"] and entry.class_name not in (INPUT_LAYER, SEQUENTIAL):
        return Problem(
            t(
                "A Sequential cannot contain %1: %2.",
                entry.title,
                labels.reason(known["unusable"]),
            ),
            known["unusable"],
        )
    return missing_argument(entry.object)


def missing_argument(spec: ObjectSpec) -> Problem | None:
    """Return the problem of a missing required argument, of the object or of one in it."""
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
                t("%1 requires %2. Set it.", spec.title, name),
                f"missing a required argument: '{name}'",
                name,
            )
    for name, value in spec.arguments.items():
        for item in value if isinstance(value, (tuple, list)) else (value,):
            problem = missing_argument(item) if isinstance(item, ObjectSpec) else None
            if problem:
                return dataclasses.replace(problem, parameter=name)
    return None


def incomplete_arguments(arguments: Arguments) -> dict[str, str]:
    """Return, by argument, why an object in the settings lacks a required argument of its own."""
    found = {}
    for name, value in arguments.items():
        for item in value if isinstance(value, (tuple, list)) else (value,):
            problem = missing_argument(item) if isinstance(item, ObjectSpec) else None
            if problem is not None:
                found[name] = problem.text
    return found


def is_trusted(spec: ObjectSpec) -> bool:
    """Whether creating and calling the object runs only Keras's own code."""
    if spec.class_name in _RUN_CUSTOM_CODE or not spec.class_name.startswith("keras."):
        return False
    return all(_is_trusted_value(value) for value in spec.arguments.values())


def _is_trusted_value(value: Value) -> bool:
    if isinstance(value, ObjectSpec):
        return is_trusted(value)
    if isinstance(value, Reference):
        return not callable(value.value)
    if isinstance(value, (tuple, list)):
        return all(_is_trusted_value(item) for item in value)
    if isinstance(value, Mapping):
        return all(_is_trusted_value(item) for item in value.values())
    return True


def _num_elements(shape: Sequence[int | None]) -> int:
    # Python's ints: NumPy's products overflow at 10^10 weights.
    return math.prod(int(size or 0) for size in shape)


def bytes_of_weights(weights: Sequence[keras.Variable]) -> int:
    """Return the size of weights, which need not have values."""
    return sum(_num_elements(weight.shape) * _item_bytes(weight.dtype) for weight in weights)


def output_bytes(shape: Shape, dtype: str) -> int | None:
    """Return the size of the output for one sample; None if a dimension is open."""
    sizes = shape[1:]
    if any(size is None for size in sizes):
        return None
    return _num_elements(sizes) * _item_bytes(dtype)


def _item_bytes(dtype: str) -> int:
    bits = "".join(character for character in str(dtype) if character.isdigit())
    return max(1, int(bits) // 8) if bits and dtype != "string" else 1
