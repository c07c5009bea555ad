"""Write a call of ``keras.ops`` on KerasTensors, as it stands in a functional model, as code.

A model holds objects of private classes, such as ``Pad``; a program calls ``keras.ops.pad``. The
call is written only if it makes an equal object; else the object is written by its config.
"""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras.src.utils.naming import to_snake_case

from kwidgets.builder import convert
from kwidgets.builder.code.expression_writer import ExpressionWriter
from kwidgets.builder.code.formatting import Call, Expression, format_literal
from kwidgets.dry_run import no_trace

_OPERATORS = {"Add": "+", "Subtract": "-", "Multiply": "*", "TrueDivide": "/", "Power": "**"}
# Longer arrays are written as bytes, which are exact and short.
_MAX_LISTED = 64


class CallWriter:
    """Writes the arguments of calls in a graph, and whole calls of ``keras.ops``."""

    def __init__(self, writer: ExpressionWriter, name_of: Callable[[keras.KerasTensor], str]):
        self._writer = writer
        self._name_of = name_of

    def arguments(self, node: Any, closing: str = ")") -> Call:
        """Return the arguments of a call of a layer, as a Call that opens with "("."""
        items = [("", self.value(value)) for value in node.arguments.args]
        items += [
            (name, self.value(value))
            for name, value in node.arguments.kwargs.items()
            if value is not None and not (name == "training" and value is False)
        ]
        return Call("(", tuple(items), closing)

    def operation(self, node: Any) -> Expression:
        """Return the call of an operation that is no layer."""
        operation, arguments = node.operation, node.arguments
        kind = type(operation).__name__
        if len(arguments.args) == 2 and not arguments.kwargs:
            left, right = arguments.args
            if kind == "GetItem" and isinstance(left, keras.KerasTensor):
                return f"{self._name_of(left)}[{self._key(right)}]"
            plain = (keras.KerasTensor, int, float)
            if kind in _OPERATORS and isinstance(left, plain) and isinstance(right, plain):
                return f"{self.value(left)} {_OPERATORS[kind]} {self.value(right)}"
        name = to_snake_case(kind)
        written = _arguments_of(getattr(keras.ops, name, None), node)
        if written is not None:
            positional, keywords = written
            items = [("", self.value(value)) for value in positional]
            items += [(key, self.value(value)) for key, value in keywords.items()]
            return Call(f"keras.ops.{name}(", tuple(items), ")")
        return self._by_config(node)

    def _by_config(self, node: Any) -> Expression:
        packed = json.dumps(keras.saving.serialize_keras_object(node.operation))
        self._writer.imports.add("import json")
        made = f"keras.saving.deserialize_keras_object(json.loads({packed!r}))"
        arguments = self.arguments(node)
        return Call(f"{made}(", arguments.items, ")")

    def value(self, value: Any) -> Expression:
        """Return an argument of a call: tensors by their names, all else as literals."""
        if isinstance(value, keras.KerasTensor):
            return self._name_of(value)
        if value is Ellipsis or isinstance(value, slice):
            return repr(value)
        if isinstance(value, (list, tuple)):
            items = tuple(("", self.value(each)) for each in value)
            if isinstance(value, list):
                return Call("[", items, "]")
            return Call("(", items, ",)" if len(items) == 1 else ")")
        if isinstance(value, Mapping):
            pairs = tuple(
                (f"{format_literal(key)}: ", self.value(each)) for key, each in value.items()
            )
            return Call("{", pairs, "}")
        if isinstance(value, np.ndarray) or keras.ops.is_tensor(value):
            return self._array(np.asarray(keras.ops.convert_to_numpy(value)))
        if isinstance(value, np.dtype):
            return format_literal(value.name)
        return self._writer.value(convert.value_of(value))

    def _array(self, array: np.ndarray) -> Expression:
        self._writer.imports.add("import numpy as np")
        # Infinity and "not a number" have no literal.
        is_plain = array.dtype.kind not in "fc" or bool(np.isfinite(array).all())
        if array.size <= _MAX_LISTED and is_plain:
            return f'np.array({array.tolist()!r}, dtype="{array.dtype}")'
        self._writer.imports.add("import base64")
        text = base64.b85encode(np.ascontiguousarray(array).tobytes()).decode()
        data = f'np.frombuffer(base64.b85decode({text!r}), dtype="{array.dtype}")'
        return f"{data}.reshape({array.shape!r})"

    def _key(self, key: Any) -> str:
        if isinstance(key, (list, tuple)):
            text = ", ".join(self._key(each) for each in key)
            return f"{text}," if len(key) == 1 else text
        if isinstance(key, slice):
            parts = ["" if part is None else self._key(part) for part in (key.start, key.stop)]
            step = "" if key.step is None else f":{self._key(key.step)}"
            return f"{parts[0]}:{parts[1]}{step}"
        return "..." if key is Ellipsis else str(self.value(key))


def _arguments_of(function: Any, node: Any) -> tuple[Sequence[Any], Mapping[str, Any]] | None:
    """Return the arguments with which a function of ``keras.ops`` makes this call, or None."""
    if not callable(function):
        return None
    operation = node.operation
    try:
        call = inspect.signature(operation.call).bind(*node.arguments.args, **node.arguments.kwargs)
        settings = _settings(operation)
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        by_position = True
        parameters = inspect.signature(function).parameters
        # Arguments before *operands have no keyword.
        is_open = any(each.kind == each.VAR_POSITIONAL for each in parameters.values())
        for name, parameter in parameters.items():
            if parameter.kind == parameter.VAR_POSITIONAL:
                positional += call.arguments.get(name, call.arguments.get("args", ()))
                by_position = is_open = False
            elif is_open and name in settings:
                positional.append(settings[name])
            elif name in call.arguments:
                if by_position:
                    positional.append(call.arguments[name])
                elif call.arguments[name] is not parameter.default:
                    keywords[name] = call.arguments[name]
            elif name in settings:
                value, by_position = settings[name], False
                if parameter.default is parameter.empty or not _same(value, parameter.default):
                    keywords[name] = value
            else:
                by_position = False
        return (positional, keywords) if _makes(function, positional, keywords, node) else None
    except Exception:
        # Not every operation tells its settings; the caller writes its config then.
        return None


def _settings(operation: Any) -> dict[str, Any]:
    """Return the arguments of an operation's constructor that are known."""
    found: dict[str, Any] = {}
    for name in inspect.signature(type(operation).__init__).parameters:
        if name not in ("self", "name") and hasattr(operation, name):
            found[name] = getattr(operation, name)
    try:
        config = operation.get_config()
    except NotImplementedError:
        config = {}
    # What was passed, where the attribute is something else, such as an object.
    return {**found, **{name: value for name, value in config.items() if name != "name"}}


def _makes(
    function: Callable[..., Any], positional: Sequence[Any], keywords: Mapping[str, Any], node: Any
) -> bool:
    """Return whether the call makes an operation with the same settings and arguments."""

    def apart(value: Any) -> Any:
        # A tensor of the model would list the trial among the users of it.
        if isinstance(value, keras.KerasTensor):
            return keras.KerasTensor(value.shape, value.dtype, sparse=value.sparse)
        return value

    with no_trace():
        made = function(*keras.tree.map_structure(apart, list(positional)), **keywords)
    history = keras.tree.flatten(made)[0]._keras_history
    twin = history.operation
    if type(twin) is not type(node.operation) or not _same(
        _settings(twin), _settings(node.operation)
    ):
        return False
    theirs = twin._inbound_nodes[history.node_index].arguments
    mine = inspect.signature(node.operation.call).bind(
        *node.arguments.args, **node.arguments.kwargs
    )
    other = inspect.signature(twin.call).bind(*theirs.args, **theirs.kwargs)
    mine.apply_defaults()
    other.apply_defaults()
    return _same(
        [apart(each) for each in keras.tree.flatten(dict(mine.arguments))],
        [apart(each) for each in keras.tree.flatten(dict(other.arguments))],
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, keras.KerasTensor) and isinstance(other, keras.KerasTensor):
        return bool(one.shape == other.shape and one.dtype == other.dtype)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if any(isinstance(each, np.ndarray) or keras.ops.is_tensor(each) for each in (one, other)):
        return one is other or bool(np.array_equal(np.asarray(one), np.asarray(other)))
    return type(one) is type(other) and bool(one == other)
