"""Who gives its output to whom in a model that is a graph of layers: functional, or Sequential."""

from __future__ import annotations

from typing import Any

from keras import tree

from kwidgets.models.plain import Shape


class Graph:
    """The calls of layers in one model. A layer shared with other models has calls in those too."""

    def __init__(self, nodes: list[Any]) -> None:
        self._by_operation: dict[int, list[Any]] = {}
        for node in nodes:
            self._by_operation.setdefault(id(node.operation), []).append(node)

    def calls(self, layer: Any) -> int:
        """Return how often ``layer`` is called in this model."""
        return len(self._by_operation.get(id(layer), ()))

    def inbound(self, layer: Any) -> tuple[str, ...]:
        """Return the names of the layers whose outputs go into ``layer``, without repeats."""
        names: dict[str, None] = {}
        for node in self._by_operation.get(id(layer), ()):
            for tensor in node.input_tensors:
                names[str(tensor._keras_history.operation.name)] = None
        return tuple(names)

    def shapes(self, layer: Any) -> tuple[tuple[Shape, ...], tuple[Shape, ...]] | None:
        """Return the shapes that go into its first call and come out, or None without a call."""
        nodes = self._by_operation.get(id(layer))
        if not nodes:
            return None
        first = nodes[0]
        return _shapes(first.input_tensors), _shapes(first.outputs)


def graph_of(model: Any) -> Graph | None:
    """Return the graph of a model that is one, else None."""
    functional = getattr(model, "_functional", None) or model
    by_depth = getattr(functional, "_nodes_by_depth", None)
    if not isinstance(by_depth, dict):
        return None
    # From the inputs on; within a depth in the order in which they were called.
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    return Graph(nodes)


def _shapes(tensors: Any) -> tuple[Shape, ...]:
    return tuple(
        tuple(None if size is None else int(size) for size in tensor.shape)
        for tensor in tree.flatten(tensors)
    )
