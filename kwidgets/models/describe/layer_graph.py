"""Reads the graph of a model: the inputs of each layer, its calls and their shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from kwidgets import dry_run
from kwidgets.models.describe.attributes import instance_dict, is_a, is_keras_class, read_attribute
from kwidgets.models.describe.display_names import layer_name
from kwidgets.models.summary_data import Shape

Shapes = tuple[Shape, ...]


class LayerGraph:
    """The calls of one model's layers. Calls of the same layers in other models are left out.

    Args:
        model: the model; no calls are known of a Sequential that is not built, nor of a subclassed
            model or layer.
        children: its direct layers and operations.
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
                # Keras sorts them by their distance from the output; here by the order of calls.
                order = {id(node): i for i, node in enumerate(several[0].operation._inbound_nodes)}
                several.sort(key=lambda node: order.get(id(node), 0))

    def calls(self, child: Any) -> int:
        """Return how often ``child`` is called; 0 when unknown."""
        return len(self._nodes.get(id(child), ()))

    def inbound(self, child: Any) -> tuple[str, ...]:
        """Return the names of the layers whose outputs go into ``child``."""
        return tuple(
            dict.fromkeys(
                layer_name(origin)
                for node in self._nodes.get(id(child), ())
                for tensor in node.input_tensors
                if id(origin := tensor._keras_history.operation) in self._children
            )
        )

    def shapes(self, child: Any, place: int = 0) -> tuple[Shapes, Shapes] | None:
        """Return the input and output shapes of the call number ``place``; None when unknown.

        Where there are fewer calls, those of the last one.
        """
        nodes = self._nodes.get(id(child))
        return _shapes_of(nodes[min(place, len(nodes) - 1)]) if nodes else None


def functional_of(model: Any) -> Any:
    """Return the functional model that has the graph of ``model``, or None."""
    if is_a(model, keras.Sequential):
        return read_attribute(model, "_functional")
    return model if "_nodes_by_depth" in instance_dict(model) else None


def _shapes_of(node: Any) -> tuple[Shapes, Shapes]:
    return _tensor_shapes(node.input_tensors), _tensor_shapes(node.output_tensors)


def _tensor_shapes(tensors: Iterable[Any]) -> Shapes:
    return tuple(_as_shape(tensor.shape) for tensor in tensors)


def shapes_without_graph(layer: Any) -> tuple[Shapes | None, Shapes | None]:
    """Return the input and output shapes that ``layer`` itself stores."""
    functional = functional_of(layer)
    if functional is not None:
        return _tensor_shapes(functional._inputs), _tensor_shapes(functional._outputs)
    built_with = instance_dict(layer).get("_build_shapes_dict")
    if not built_with:
        return None, None
    try:
        inputs = flatten_shapes(list(built_with.values()))
    except (TypeError, ValueError):
        # A build() of the user may have arguments of any type.
        return None, None
    return inputs or None, _outputs_for(layer, built_with)


def shapes_of_first_call(model: Any) -> tuple[Shapes, Shapes] | None:
    """Return the shapes of the first symbolic call of ``model``, in whichever graph."""
    nodes = instance_dict(model).get("_inbound_nodes")
    return _shapes_of(nodes[0]) if nodes else None


def _outputs_for(layer: Any, built_with: dict[str, Any]) -> Shapes | None:
    try:
        if not _shape_code_is_of_keras(layer):
            return None
        with dry_run.dry_scope():
            return flatten_shapes(layer.compute_output_shape(**built_with)) or None
    except Exception:
        # Keras's own summary does the same. Not every layer can compute its output shape; it is
        # then unknown, which is no error.
        return None


def _shape_code_is_of_keras(layer: Any) -> bool:
    """Return whether ``layer``'s shape code, and that of layers it wraps, is Keras's own."""
    return all(
        is_keras_class(type(one)) and not is_a(one, keras.layers.Lambda)
        for one in (layer, *layer._flatten_layers(include_self=False))
    )


def flatten_shapes(value: Any) -> Shapes:
    """Return the shapes in ``value``, which may be one, or a list or dict of them.

    Raises:
        TypeError, ValueError: a part of it is not a shape.
    """
    if value is None:
        return ()
    if isinstance(value, dict):
        return tuple(shape for key in sorted(value) for shape in flatten_shapes(value[key]))
    items = list(value)
    if all(item is None or not hasattr(item, "__len__") for item in items):
        # An empty list contains no shape, but an empty tuple is the shape of a scalar.
        return () if not items and isinstance(value, list) else (_as_shape(items),)
    return tuple(shape for item in items for shape in flatten_shapes(item))


def _as_shape(shape: Iterable[Any]) -> Shape:
    return tuple(None if size is None else int(size) for size in shape)
