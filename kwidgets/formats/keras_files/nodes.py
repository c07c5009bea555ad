"""The calls of layers in a functional model's configuration, of any release of Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files import values
from kwidgets.language import t


@dataclass(frozen=True)
class Reference:
    """An output of a layer: of which of its calls, and which of the outputs.

    Attributes:
        layer: the layer's name in the file.
        call: which of its calls.
        output: which of the call's outputs.
    """

    layer: str
    call: int
    output: int


@dataclass(frozen=True)
class Constant:
    """A number or an array that a layer takes in place of a tensor."""

    value: Any


@dataclass(frozen=True)
class Call:
    """A call of a layer.

    Attributes:
        layer: the layer's name in the file.
        index: which of its calls.
        inputs: a Reference or Constant, or a list or dictionary of these.
        kwargs: the call's other arguments, with References in them.
    """

    layer: str
    index: int
    inputs: Any
    kwargs: Mapping[str, Any]


def calls(layer: str, inbound: Any, names: frozenset[str]) -> list[Call]:
    """Return the calls of one layer.

    Args:
        layer: its name.
        inbound: its "inbound_nodes".
        names: all layers' names, by which References among other arguments are known.

    Raises:
        FormatError: this is no list of calls.
    """
    found = []
    for index, node in enumerate(values.items(inbound, "inbound_nodes")):
        if isinstance(node, Mapping) and "args" in node:
            inputs, kwargs = _keras3(node)
        elif isinstance(node, Mapping):
            inputs, kwargs = {key: _tensor(each)[0] for key, each in node.items()}, {}
        else:
            entries = values.items(node, "inbound_nodes")
            if _is_entry(entries):
                entries = [entries]
            if not entries:
                continue
            pairs = [_tensor(each) for each in entries]
            kwargs = {key: value for pair in pairs for key, value in pair[1].items()}
            inputs = pairs[0][0] if len(pairs) == 1 else [pair[0] for pair in pairs]
        kwargs = {key: _references(value, names) for key, value in kwargs.items()}
        found.append(Call(layer, index, inputs, kwargs))
    return found


def outputs_of(value: Any) -> list[Reference]:
    """Return the References of "input_layers" or "output_layers", in order.

    Raises:
        FormatError: there are none.
    """
    if isinstance(value, Mapping):
        value = list(value.values())
    entries = values.items(value, "output_layers")
    if _is_entry(entries):
        entries = [entries]
    found = []
    for each in entries:
        if isinstance(each, (list, tuple)) and each and isinstance(each[0], (list, tuple)):
            found += outputs_of(each)
            continue
        reference, _ = _tensor(each)
        if isinstance(reference, Reference):
            found.append(reference)
    return found


def references(value: Any) -> Iterator[Reference]:
    """Return all References in the inputs or arguments of a call."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from references(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from references(each)


def _is_entry(value: list[Any]) -> bool:
    return len(value) >= 3 and isinstance(value[0], str)


def _tensor(entry: Any) -> tuple[Reference | Constant, dict[str, Any]]:
    parts = values.items(entry, "inbound_nodes")
    if len(parts) < 3 or not isinstance(parts[0], str):
        raise FormatError(
            t("The model's configuration is damaged: it connects %1.", repr(entry)[:80])
        )
    kwargs = dict(parts[3]) if len(parts) > 3 and isinstance(parts[3], Mapping) else {}
    if parts[0] == "_CONSTANT_VALUE":
        return Constant(parts[2]), kwargs
    return (
        Reference(
            parts[0],
            values.integer(parts[1], "inbound_nodes"),
            values.integer(parts[2], "inbound_nodes"),
        ),
        kwargs,
    )


def _references(value: Any, names: frozenset[str]) -> Any:
    """Return a call's argument with References for ``[layer, call, output]``."""
    if isinstance(value, (list, tuple)):
        if (
            len(value) in (3, 4)
            and isinstance(value[0], str)
            and value[0] in names
            and all(isinstance(each, int) for each in value[1:3])
        ):
            return Reference(value[0], value[1], value[2])
        if len(value) == 4 and value[0] == "_CONSTANT_VALUE":
            return value[2]
        return [_references(each, names) for each in value]
    if isinstance(value, Mapping):
        return {key: _references(each, names) for key, each in value.items()}
    return value


def _keras3(node: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    args = values.items(node.get("args"), "args")
    kwargs = values.mapping(node.get("kwargs", {}), "kwargs")
    revived = [_keras3_tensor(each) for each in args]
    inputs = revived[0] if len(revived) == 1 else revived
    return inputs, {key: _keras3_tensor(each) for key, each in kwargs.items()}


def _keras3_tensor(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            config = values.mapping(value.get("config"), "config")
            return _tensor(config.get("keras_history"))[0]
        return {key: _keras3_tensor(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_keras3_tensor(each) for each in value]
    return value
