"""Walk the graph of a functional model: the layers that follow one another in a chain."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras


@dataclasses.dataclass(frozen=True)
class Link:
    """A layer of a chain with its symbolic input and output."""

    layer: keras.Layer
    given: keras.KerasTensor
    output: keras.KerasTensor


def chain_to(output: keras.KerasTensor) -> tuple[list[Link], keras.KerasTensor | None]:
    """Return the layers that end in ``output``, back to where the graph is no chain.

    Returns:
        the layers in order, and the model's input if the chain begins there, else None.
    """
    links: list[Link] = []
    seen: set[int] = set()
    tensor = output
    while True:
        operation, index, _ = tensor._keras_history
        node = operation._inbound_nodes[index]
        if node.is_input:
            return links, tensor
        if not _is_link(operation, node) or id(operation) in seen:
            return links, None
        seen.add(id(operation))
        links.insert(0, Link(operation, node.input_tensors[0], tensor))
        tensor = node.input_tensors[0]


def chain_from(given: keras.KerasTensor, model: keras.Model) -> list[Link]:
    """Return the layers that begin with an input, up to where the graph is no chain."""
    consumers: dict[int, list[tuple[Any, Any]]] = {}
    for operation in model.operations:
        for node in operation._inbound_nodes:
            for tensor in node.input_tensors:
                consumers.setdefault(id(tensor), []).append((operation, node))
    links: list[Link] = []
    tensor, seen = given, set[int]()
    while True:
        found = consumers.get(id(tensor), [])
        if len(found) != 1:
            return links
        operation, node = found[0]
        if not _is_link(operation, node) or id(operation) in seen:
            return links
        seen.add(id(operation))
        links.append(Link(operation, tensor, node.output_tensors[0]))
        tensor = node.output_tensors[0]


def chain_of_stack(layers: list[keras.Layer], given: keras.KerasTensor) -> list[Link] | None:
    """Return the layers of a built Sequential as a chain, or None if its graph is another."""
    links, tensor = [], given
    for layer in layers:
        nodes = [
            node
            for node in layer._inbound_nodes
            if len(node.input_tensors) == 1 and node.input_tensors[0] is tensor
        ]
        if not nodes or len(nodes[-1].output_tensors) != 1:
            return None
        links.append(Link(layer, tensor, nodes[-1].output_tensors[0]))
        tensor = nodes[-1].output_tensors[0]
    return links


def _is_link(operation: Any, node: Any) -> bool:
    """Return whether a layer takes one tensor, and nothing else, and returns one."""
    call = node.arguments
    return (
        isinstance(operation, keras.Layer)
        and len(node.input_tensors) == 1
        and len(node.output_tensors) == 1
        and len(call.args) == 1
        and not isinstance(call.args[0], (list, tuple, dict))
        # Keras itself adds training=False.
        and not any(call.kwargs.values())
    )
