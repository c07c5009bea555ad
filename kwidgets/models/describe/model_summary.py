"""Describes a Keras model in full: its layers, shapes, parameters and connections.

Nothing is built, called or changed, and no code of the user's runs: no ``call``, no
``compute_output_shape``, no property. So a model can be described at any time, also while it is
trained; what only the user's code can compute stays unknown.
"""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.language import t
from kwidgets.models.describe.attributes import error_text, is_a, read_attribute
from kwidgets.models.describe.display_names import activation_name, layer_name, policy_name
from kwidgets.models.describe.layer_graph import (
    LayerGraph,
    shapes_of_first_call,
    shapes_without_graph,
)
from kwidgets.models.describe.layer_tree import children_of
from kwidgets.models.describe.notes import notes_on
from kwidgets.models.describe.training_state import read_compiled, read_trained
from kwidgets.models.describe.weights import (
    Weights,
    count_parameters,
    count_trainable,
    memory_bytes,
    optimizer_variables,
    weights_of,
)
from kwidgets.models.namespace import object_inspector
from kwidgets.models.summary_data import Kind, LayerSummary, ModelSummary

# Deeper than models of users are nested; Keras itself fails in models much deeper than this.
MAX_DEPTH = 100


def describe(model: Any) -> ModelSummary:
    """Describe ``model``.

    Args:
        model: any keras.Model, built or not.

    Raises:
        TypeError: it is not a Keras model.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"describe() requires a keras.Model, not {type(model).__name__}. "
            "Wrap a layer in a model, such as keras.Sequential([layer])."
        )
    root = _LayerDescriber(model).root()
    weights = weights_of(model)
    built = bool(read_attribute(model, "built", False))
    of_optimizer = optimizer_variables(model)
    return ModelSummary(
        root=root,
        parameters=count_parameters(weights.variables) if built else None,
        trainable_parameters=_trainable(model, weights) if built else None,
        weight_bytes=memory_bytes(weights.variables) if built else None,
        optimizer_parameters=None if of_optimizer is None else count_parameters(of_optimizer),
        optimizer_bytes=None if of_optimizer is None else memory_bytes(of_optimizer),
        compiled=read_compiled(model),
        trained=read_trained(model),
        notes=notes_on(model, root, weights),
    )


def _trainable(model: Any, weights: Weights) -> int:
    return count_trainable(weights.variables) if read_attribute(model, "_trainable", True) else 0


class _LayerDescriber:
    """Describes the layers of one model, from the model down."""

    def __init__(self, model: Any) -> None:
        self._model = model
        # Keras trains the trainable weights of a model that is trainable itself: `trainable` of the
        # layers between was passed on to the weights when it was set.
        self._is_trainable = bool(read_attribute(model, "_trainable", True))
        self._first_paths: dict[int, str] = {}

    def root(self) -> LayerSummary:
        own = shapes_without_graph(self._model)
        if own == (None, None):
            own = shapes_of_first_call(self._model) or own
        return self._layer(self._model, "", own, (), 1, 0)

    def _layer(
        self,
        layer: Any,
        path: str,
        shapes: tuple[Any, Any],
        inbound: tuple[str, ...],
        calls: int,
        depth: int,
    ) -> LayerSummary:
        first_path = self._first_paths.setdefault(id(layer), path)
        name, class_name = layer_name(layer), object_inspector.class_name(type(layer))
        if not is_a(layer, keras.Layer):
            return LayerSummary(
                path,
                name,
                class_name,
                kind="operation",
                input_shapes=shapes[0],
                output_shapes=shapes[1],
                inbound=inbound,
                calls=calls,
            )
        weights = weights_of(layer)
        known = not weights.unbuilt
        problem = None
        children: tuple[LayerSummary, ...] = ()
        # At later paths of the same object its children are left out: they would only be repeated,
        # endlessly if it contains itself.
        if first_path == path and depth < MAX_DEPTH:
            children = self._children(layer, path, depth + 1)
        elif first_path == path and children_of(layer):
            problem = t(
                "Its contents are not shown because it is nested more than %1 levels deep.",
                MAX_DEPTH,
            )
        return LayerSummary(
            path=path,
            name=name,
            class_name=class_name,
            kind=_kind(layer),
            built=bool(read_attribute(layer, "built", False)),
            input_shapes=shapes[0],
            output_shapes=shapes[1],
            parameters=count_parameters(weights.variables) if known else None,
            trainable_parameters=self._trainable(weights) if known else None,
            weight_bytes=memory_bytes(weights.variables) if known else None,
            dtype=policy_name(layer),
            activation=activation_name(layer),
            trainable=bool(read_attribute(layer, "_trainable", True)),
            inbound=inbound,
            calls=calls,
            shared_with=None if first_path == path else first_path,
            problem=problem,
            children=children,
        )

    def _trainable(self, weights: Weights) -> int:
        return count_trainable(weights.variables) if self._is_trainable else 0

    def _children(self, layer: Any, path: str, depth: int) -> tuple[LayerSummary, ...]:
        inside = children_of(layer)
        graph = LayerGraph(layer, inside)
        # A Sequential may contain the same layer twice: each time is another call.
        places: dict[int, int] = {}
        described = []
        for index, child in enumerate(inside):
            place = places[id(child)] = places.get(id(child), -1) + 1
            child_path = f"{path}.{index}" if path else str(index)
            described.append(self._child(child, child_path, graph, place, depth))
        return tuple(described)

    def _child(
        self, child: Any, path: str, graph: LayerGraph, place: int, depth: int
    ) -> LayerSummary:
        try:
            shapes = graph.shapes(child, place) or shapes_without_graph(child)
            calls = graph.calls(child) or 1
            return self._layer(child, path, shapes, graph.inbound(child), calls, depth)
        except Exception as error:
            # A class of the user's may override attribute access in any way; the other layers are
            # described nevertheless.
            return _not_described(child, path, error)


def _not_described(layer: Any, path: str, error: Exception) -> LayerSummary:
    class_name = object_inspector.class_name(type(layer))
    return LayerSummary(
        path=path,
        name=class_name,
        class_name=class_name,
        built=False,
        parameters=None,
        trainable_parameters=None,
        weight_bytes=None,
        problem=t("Cannot describe this layer: %1", error_text(error)),
    )


def _kind(layer: Any) -> Kind:
    if is_a(layer, keras.layers.InputLayer):
        return "input"
    return "model" if is_a(layer, keras.Model) else "layer"
