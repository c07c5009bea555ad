"""keras.Model → plain data. Reads only; never builds, calls or changes a model, and never runs the
code of the user's own layers."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import keras
from keras import tree

from kwidgets.dry import dry_scope
from kwidgets.models.graph import Graph, graph_of
from kwidgets.models.plain import Compiled, Kind, LayerSummary, ModelSummary, Shape, Trained
from kwidgets.models.walk import children_of

# Deeper than any sane model; a layer that holds itself ends here.
MAX_DEPTH = 60


def describe(model: Any) -> ModelSummary:
    """Describe a model in full.

    Args:
        model: any ``keras.Model``, built or not.

    Returns:
        What is known without building it. A layer that cannot be described says why in ``problem``.
    """
    walk = _Walk()
    root = walk.layer(model, "", None)
    built = root.parameters is not None
    weights = _unique(_weights_of(model))
    optimizer = _optimizer_variables(model)
    return ModelSummary(
        root=root,
        parameters=_count(weights) if built else None,
        trainable_parameters=_count(w for w in weights if w.trainable) if built else None,
        weight_bytes=_bytes(weights) if built else None,
        optimizer_parameters=None if optimizer is None else _count(optimizer),
        optimizer_bytes=None if optimizer is None else _bytes(optimizer),
        compiled=compiled(model),
        trained=trained(model),
        notes=tuple(_notes(model, root, walk.shared)),
    )


def describe_briefly(model: Any) -> dict[str, Any]:
    """Return the fields of a ``ModelEntry`` that come from the model alone."""
    weights = _unique(_weights_of(model))
    layers = children_of(model)
    built = _is_built(model) and all(_is_built(layer) for layer in layers)
    how = compiled(model)
    trained_for = trained(model)
    # What the summary depends on, cheaply: any change of the structure changes one of these.
    revision = hash(
        (
            built,
            how,
            tuple((id(layer), getattr(layer, "trainable", None)) for layer in layers),
            tuple((id(weight), weight.trainable) for weight in weights),
            len(_optimizer_variables(model) or ()),
            trained_for,
        )
    )
    return {
        "name": str(model.name),
        "class_name": type(model).__name__,
        "built": built,
        "parameters": _count(weights) if built else None,
        "weight_bytes": _bytes(weights) if built else None,
        "num_layers": len(layers),
        "compiled": how,
        "trained": trained_for,
        "revision": f"{revision & 0xFFFFFFFFFFFFFFFF:x}",
    }


def compiled(model: Any) -> Compiled | None:
    """Return what ``compile`` was told, or None when it was not called."""
    if not getattr(model, "compiled", False):
        return None
    settings = getattr(model, "_compile_config", None)
    config = getattr(settings, "config", None) or {}
    optimizer = getattr(model, "optimizer", None)
    metrics = _words(config.get("metrics"))
    return Compiled(
        optimizer=type(optimizer).__name__ if optimizer is not None else "none",
        loss=", ".join(_words(config.get("loss"))) or _loss_of(model),
        metrics=tuple(metrics),
    )


def trained(model: Any) -> Trained | None:
    """Return for how long a model was trained, or None: never, or it cannot be read just now."""
    iterations = getattr(getattr(model, "optimizer", None), "iterations", None)
    if iterations is None:
        return None
    try:
        # In mid-fit JAX may have given the counter's memory away.
        steps = int(iterations)
    except Exception:
        return None
    if not steps:
        return None
    epochs = getattr(getattr(model, "history", None), "epoch", None)
    return Trained(steps=steps, epochs=len(epochs) if isinstance(epochs, list) else None)


class _Walk:
    """Goes through a model, telling what it has met before."""

    def __init__(self) -> None:
        self._first: dict[int, str] = {}
        self.shared = 0

    def layer(self, layer: Any, path: str, graph: Graph | None) -> LayerSummary:
        first = self._first.setdefault(id(layer), path)
        try:
            if first != path:
                self.shared += 1
                return self._again(layer, path, first, graph)
            return self._described(layer, path, graph)
        except Exception as error:
            return LayerSummary(
                path=path,
                name=_name_of(layer),
                class_name=type(layer).__name__,
                parameters=None,
                trainable_parameters=None,
                weight_bytes=None,
                problem=f"It cannot be described. {type(error).__name__}: {error}",
            )

    def _again(self, layer: Any, path: str, first: str, graph: Graph | None) -> LayerSummary:
        """A layer that stands in several places: its weights count in the first."""
        inputs, outputs = _shapes_of(layer, graph)
        return dataclasses.replace(
            _facts(layer, path, graph), input_shapes=inputs, output_shapes=outputs,
            parameters=0, trainable_parameters=0, weight_bytes=0, shared_with=first,
        )  # fmt: skip

    def _described(self, layer: Any, path: str, graph: Graph | None) -> LayerSummary:
        inputs, outputs = _shapes_of(layer, graph)
        children: tuple[LayerSummary, ...] = ()
        if path.count(".") < MAX_DEPTH:
            inner = graph_of(layer)
            prefix = f"{path}." if path else ""
            children = tuple(
                self.layer(child, f"{prefix}{i}", inner)
                for i, child in enumerate(children_of(layer))
            )
        facts = _facts(layer, path, graph)
        weights = _unique(_weights_of(layer))
        built = facts.built and all(child.parameters is not None for child in children)
        return dataclasses.replace(
            facts,
            input_shapes=inputs,
            output_shapes=outputs,
            built=facts.built,
            parameters=_count(weights) if built else None,
            trainable_parameters=_count(w for w in weights if w.trainable) if built else None,
            weight_bytes=_bytes(weights) if built else None,
            children=children,
        )


def _facts(layer: Any, path: str, graph: Graph | None) -> LayerSummary:
    """What can be told of a layer by itself, without its weights and what is in it."""
    return LayerSummary(
        path=path,
        name=_name_of(layer),
        class_name=type(layer).__name__,
        kind=_kind_of(layer),
        built=_is_built(layer),
        dtype=_dtype_of(layer),
        activation=_activation_of(layer),
        trainable=bool(getattr(layer, "trainable", True)),
        inbound=graph.inbound(layer) if graph else (),
        calls=max(1, graph.calls(layer)) if graph else 1,
    )


def _kind_of(layer: Any) -> Kind:
    if isinstance(layer, keras.layers.InputLayer):
        return "input"
    if isinstance(layer, keras.Model):
        return "model"
    return "layer" if isinstance(layer, keras.Layer) else "operation"


def _name_of(layer: Any) -> str:
    try:
        return str(layer.name)
    except Exception:
        return type(layer).__name__


def _is_built(layer: Any) -> bool:
    # An operation has nothing to build.
    return bool(getattr(layer, "built", True))


def _dtype_of(layer: Any) -> str:
    policy = getattr(layer, "dtype_policy", None)
    return str(getattr(policy, "name", "") or "")


def _activation_of(layer: Any) -> str | None:
    if isinstance(layer, keras.Model):
        return None
    # In the instance itself: a user's property is not ours to run.
    activation = _attributes(layer).get("activation")
    if activation is None:
        return None
    name = getattr(activation, "__name__", None) or type(activation).__name__
    return None if name == "linear" else str(name)


def _attributes(layer: Any) -> dict[str, Any]:
    try:
        return object.__getattribute__(layer, "__dict__")  # type: ignore[no-any-return]
    except AttributeError:
        return {}


def _shapes_of(
    layer: Any, graph: Graph | None
) -> tuple[tuple[Shape, ...] | None, tuple[Shape, ...] | None]:
    """Input and output shapes: of the first call in the graph, or else what Keras's own class
    makes of the shapes with which it was built."""
    if graph is not None:
        shapes = graph.shapes(layer)
        if shapes is not None:
            return shapes
    if isinstance(layer, keras.Model) and hasattr(layer, "inputs"):
        with contextlib.suppress(Exception):
            inner = _flat(layer.inputs), _flat(layer.outputs)
            if inner[0] is not None:
                return inner
    known = getattr(layer, "_build_shapes_dict", None)
    if not isinstance(known, dict) or not known:
        return None, None
    inputs = _flat_shapes(list(known.values()))
    if not _is_kerass(layer):
        return inputs, None
    try:
        with dry_scope():
            output = layer.compute_output_shape(**known)
    except Exception:
        return inputs, None
    return inputs, _flat_shapes(output)


def _is_kerass(layer: Any) -> bool:
    """Whether only Keras's own code runs when the layer is asked for shapes."""
    if not type(layer).__module__.startswith("keras."):
        return False
    if isinstance(layer, (keras.layers.Lambda, keras.Model)):
        return False
    return all(_is_kerass(child) for child in children_of(layer))


def _flat(tensors: Any) -> tuple[Shape, ...] | None:
    if tensors is None:
        return None
    return tuple(shape_of(tensor) for tensor in tree.flatten(tensors))


def shape_of(tensor: Any) -> Shape:
    """Return a tensor's shape in plain numbers."""
    return tuple(None if size is None else int(size) for size in tensor.shape)


def _flat_shapes(shapes: Any) -> tuple[Shape, ...] | None:
    """Return the shapes in a structure of them, one after the other."""
    if isinstance(shapes, (tuple, list)) and all(
        size is None or isinstance(size, int) for size in shapes
    ):
        return (tuple(shapes),)
    parts = shapes.values() if isinstance(shapes, dict) else shapes
    if not isinstance(parts, Iterable):
        return None
    flat: list[Shape] = []
    for part in parts:
        inner = _flat_shapes(part) if part is not None else None
        flat += inner or ()
    return tuple(flat)


def _weights_of(layer: Any) -> Sequence[Any]:
    return getattr(layer, "weights", None) or ()


def _unique(weights: Iterable[Any]) -> list[Any]:
    return list({id(weight): weight for weight in weights}.values())


def _optimizer_variables(model: Any) -> list[Any] | None:
    optimizer = getattr(model, "optimizer", None)
    variables = getattr(optimizer, "variables", None)
    return None if variables is None else _unique(variables)


def _count(variables: Iterable[Any]) -> int:
    # Python's integers: a product of NumPy's overflows.
    return sum(math.prod(int(size) for size in variable.shape) for variable in variables)


def _bytes(variables: Iterable[Any]) -> int:
    return (
        sum(
            math.prod(int(size) for size in variable.shape) * item_bits(str(variable.dtype))
            for variable in variables
        )
        // 8
    )


def item_bits(dtype: str) -> int:
    """Return the bits of one number of a dtype."""
    if dtype in ("bool", "int8", "uint8") or "float8" in dtype:
        return 8
    if dtype in ("int4", "uint4"):
        return 4
    digits = "".join(character for character in dtype if character.isdigit())
    return int(digits) if digits else 32


def _words(value: Any) -> list[str]:
    """What the user passed to compile, in words: never by ``repr``, which may be their own code."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        if "class_name" in value and isinstance(value.get("class_name"), str):
            inner = value.get("config")
            if value["class_name"] == "function" and isinstance(inner, str):
                return [inner]
            return [value["class_name"]]
        named = ((str(key), _words(part)) for key, part in value.items())
        return [f"{key}: {', '.join(words)}" for key, words in named if words]
    if isinstance(value, (list, tuple)):
        return [word for part in value for word in _words(part)]
    return [getattr(value, "__name__", None) or type(value).__name__]


def _loss_of(model: Any) -> str:
    return ", ".join(_words(getattr(model, "loss", None))) or "none"


def _notes(model: Any, root: LayerSummary, shared: int) -> Iterable[str]:
    if root.parameters is None:
        yield (
            "This model is not built yet: its shapes and weights are known once it has seen an "
            "input."
        )
    elif root.output_shapes is None:
        yield "What shapes flow through this model is its own code's doing; give an input shape."
    if shared:
        places = "place" if shared == 1 else "places"
        yield f"Layers are shared: {shared:,} more {places} use weights that are counted once."
