"""What goes into each layer of a model, and with which shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from kwidgets import dry_run
from kwidgets.models.describe.attributes import is_of_keras, own_dict, read
from kwidgets.models.describe.display_names import name_of
from kwidgets.models.summary_data import Shape

Shapes = tuple[Shape, ...]


class Graph:
    """The calls of one model's layers. A layer of two models has calls in both: those of the other
    are left out.

    Args:
        model: whose calls; a Sequential that is not built, and a model or layer that is subclassed,
            have none that are known.
        children: what stands in it.
    """

    def __init__(self, model: Any, children: Iterable[Any]) -> None:
        self._children = {id(child) for child in children}
        self._nodes: dict[int, list[Any]] = {}
        functional = functional_of(model)
        if functional is None:
            return
        for nodes in functional._nodes_by_depth.values():
            for node in nodes:
                self._nodes.setdefault(id(node.operation), []).append(node)
        for several in self._nodes.values():
            if len(several) > 1:
                # Keras keeps them by their distance from the output; we tell them as called.
                order = {id(node): i for i, node in enumerate(several[0].operation._inbound_nodes)}
                several.sort(key=lambda node: order.get(id(node), 0))

    def calls(self, child: Any) -> int:
        """Return how often ``child`` is called; 0 when that is not known."""
        return len(self._nodes.get(id(child), ()))

    def inbound(self, child: Any) -> tuple[str, ...]:
        """Return the names of what goes into ``child``."""
        return tuple(
            dict.fromkeys(
                name_of(origin)
                for node in self._nodes.get(id(child), ())
                for tensor in node.input_tensors
                if id(origin := tensor._keras_history.operation) in self._children
            )
        )

    def shapes(self, child: Any, place: int = 0) -> tuple[Shapes, Shapes] | None:
        """Return the shapes that go in and come out at the call number ``place``, or at the last
        where there are fewer; None when unknown."""
        nodes = self._nodes.get(id(child))
        return _shapes_of(nodes[min(place, len(nodes) - 1)]) if nodes else None


def functional_of(model: Any) -> Any:
    """Return the functional model that holds the graph of ``model``, or None."""
    if isinstance(model, keras.Sequential):
        return read(model, "_functional")
    return model if "_nodes_by_depth" in own_dict(model) else None


def _shapes_of(node: Any) -> tuple[Shapes, Shapes]:
    return _tensor_shapes(node.input_tensors), _tensor_shapes(node.output_tensors)


def _tensor_shapes(tensors: Iterable[Any]) -> Shapes:
    return tuple(_as_shape(tensor.shape) for tensor in tensors)


def shapes_without_graph(layer: Any) -> tuple[Shapes | None, Shapes | None]:
    """Return what ``layer`` itself knows of the shapes that go in and come out."""
    functional = functional_of(layer)
    if functional is not None:
        return _tensor_shapes(functional._inputs), _tensor_shapes(functional._outputs)
    built_with = own_dict(layer).get("_build_shapes_dict")
    if not built_with:
        return None, None
    try:
        inputs = flat_shapes(list(built_with.values()))
    except (TypeError, ValueError):
        # The user's own build() may be given anything.
        return None, None
    return inputs or None, _outputs_for(layer, built_with)


def shapes_of_own_call(model: Any) -> tuple[Shapes, Shapes] | None:
    """Return the shapes of the first symbolic call of ``model``, whichever graph it is in."""
    nodes = own_dict(model).get("_inbound_nodes")
    return _shapes_of(nodes[0]) if nodes else None


def _outputs_for(layer: Any, built_with: dict[str, Any]) -> Shapes | None:
    try:
        if not _shape_code_is_of_keras(layer):
            return None
        with dry_run.dry_scope():
            return flat_shapes(layer.compute_output_shape(**built_with)) or None
    except Exception:
        # Keras's own summary asks in the same way. Not every layer can answer, and then the shape
        # is not known, which is no fault of the layer's.
        return None


def _shape_code_is_of_keras(layer: Any) -> bool:
    """Whether to ask ``layer`` for a shape runs Keras's code only: a wrapper asks what it wraps."""
    return all(
        is_of_keras(type(one)) and not isinstance(one, keras.layers.Lambda)
        for one in (layer, *layer._flatten_layers(include_self=False))
    )


def flat_shapes(value: Any) -> Shapes:
    """Return the shapes in ``value``, which may be one, or a list or dict of them.

    Raises:
        TypeError, ValueError: something in it is no shape.
    """
    if value is None:
        return ()
    if isinstance(value, dict):
        return tuple(shape for key in sorted(value) for shape in flat_shapes(value[key]))
    items = list(value)
    if all(item is None or not hasattr(item, "__len__") for item in items):
        # An empty list holds no shape, but an empty tuple is the shape of a single number.
        return () if not items and isinstance(value, list) else (_as_shape(items),)
    return tuple(shape for item in items for shape in flat_shapes(item))


def _as_shape(shape: Iterable[Any]) -> Shape:
    return tuple(None if size is None else int(size) for size in shape)
