"""Describe Keras models, layers, other objects and values as a spec.

An object is described by the fewest constructor arguments that recreate it; where no arguments do,
by its config; where its config does not either, by a reference to the object itself.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras.src.api_export import get_name_from_symbol

from kwidgets.builder import catalog
from kwidgets.builder.convert.automatic_names import looks_automatic
from kwidgets.builder.convert.compare_configs import DEFAULT_DTYPE, contains_config
from kwidgets.builder.convert.minimal_arguments import argument_names, minimal_arguments
from kwidgets.builder.convert.to_keras import make_object
from kwidgets.builder.spec import (
    INPUT_LAYER,
    SEQUENTIAL,
    LayerSpec,
    ModelSpec,
    ObjectSpec,
    Reference,
    Value,
    new_uid,
)
from kwidgets.dry_run import dry_scope, no_trace
from kwidgets.lazy_tensorflow import without_importing_tensorflow


class ConversionError(ValueError):
    """A Keras object cannot be part of a builder."""


def spec_of_model(model: keras.Sequential) -> tuple[ModelSpec, dict[str, keras.Layer]]:
    """Return the spec of a Sequential, and its layers by uid.

    Raises:
        ConversionError: ``model`` is not a plain Sequential.
    """
    if type(model) is not keras.Sequential:
        raise ConversionError(
            f"SequentialBuilder requires a plain keras.Sequential: the first edit would remove "
            f"what {type(model).__name__} adds, such as train_step. To edit only its layers, use "
            "SequentialBuilder(model.layers, input_shape=model.input_shape[1:])."
        )
    return spec_of_stack(model, model._layers)


@without_importing_tensorflow()
def spec_of_stack(
    model: keras.Model, stack: Sequence[keras.Layer]
) -> tuple[ModelSpec, dict[str, keras.Layer]]:
    """Return the spec of ``model`` as a stack of layers, the first of which may be an InputLayer.

    Also the layers by uid.
    """
    given = stack[0] if stack and isinstance(stack[0], keras.layers.InputLayer) else None
    layers_by_uid: dict[str, keras.Layer] = {}
    entries = []
    for layer in stack[0 if given is None else 1 :]:
        entry = spec_of_layer(layer)
        layers_by_uid[entry.uid] = layer
        entries.append(entry)
    spec = ModelSpec(
        name=model.name,
        layers=tuple(entries),
        trainable=model._trainable,
    )
    return spec if given is None else spec.with_input(**spec_of_input(given)), layers_by_uid


def spec_of_input(layer: keras.layers.InputLayer) -> dict[str, Value]:
    """Return the arguments of ``keras.Input`` that recreate ``layer``."""
    arguments: dict[str, Value] = {"shape": tuple(layer.batch_shape[1:])}
    if layer.batch_shape[0] is not None:
        arguments["batch_size"] = layer.batch_shape[0]
    if layer.dtype != DEFAULT_DTYPE:
        arguments["dtype"] = layer.dtype
    if getattr(layer, "sparse", None):
        arguments["sparse"] = True
    if getattr(layer, "ragged", None):
        arguments["ragged"] = True
    if getattr(layer, "optional", False):
        arguments["optional"] = True
    arguments["name"] = layer.name
    return arguments


@without_importing_tensorflow()
def spec_of_layer(layer: keras.Layer) -> LayerSpec:
    """Describe a layer, including its name.

    Raises:
        ConversionError: ``layer`` is not a Keras layer.
    """
    if not isinstance(layer, keras.Layer):
        raise ConversionError(
            f"expected a layer, such as keras.layers.Dense(10), not {layer!r} "
            f"({type(layer).__name__})."
        )
    if type(layer) is keras.Sequential:
        arguments: dict[str, Value] = {"name": layer.name}
        if not layer._trainable:
            arguments["trainable"] = False
        return LayerSpec(
            new_uid(),
            ObjectSpec(SEQUENTIAL, arguments),
            children=tuple(_child_of_block(child) for child in layer._layers),
        )
    return LayerSpec(new_uid(), spec_of_object(layer))


def _child_of_block(layer: keras.Layer) -> LayerSpec:
    if isinstance(layer, keras.layers.InputLayer):
        return LayerSpec(new_uid(), ObjectSpec(INPUT_LAYER, spec_of_input(layer)))
    return spec_of_layer(layer)


@without_importing_tensorflow()
def spec_of_object(instance: Any) -> ObjectSpec:
    """Describe a Keras object by the fewest constructor arguments, including its name.

    Falls back to its config, then to a reference to the object itself.
    """
    cls = type(instance)
    key = _key_of(cls)
    try:
        if type(instance) is keras.Sequential:
            return _spec_of_block(instance)
        config = instance.get_config()
        if isinstance(instance, keras.optimizers.Optimizer) and looks_automatic(
            config.get("name"), cls
        ):
            # "adam_2" only counts the optimizers made in this process.
            config = {key: value for key, value in config.items() if key != "name"}
        if isinstance(instance, keras.Model):
            # Its constructor takes tensors, so a model as a layer is kept as the same object.
            text = f"{cls.__name__} {instance.name!r}"
            return ObjectSpec(key, _frozen(instance), live=Reference(instance, text))
        # Optimizers read the values of their variables, which need storage for that.
        with dry_scope(on_meta=False) if isinstance(instance, keras.Layer) else no_trace():
            found = minimal_arguments(
                key, cls, instance, config, _possible_arguments(instance, config)
            )
            if found is not None:
                return found
            return _by_config(key, cls, config)
    except Exception:
        return ObjectSpec(key, _frozen(instance), live=Reference(instance, _text_of(instance)))


def _frozen(instance: Any) -> dict[str, Value]:
    """Return the argument that an edit changes on the object itself."""
    is_frozen = isinstance(instance, keras.Layer) and not instance._trainable
    return {"trainable": False} if is_frozen else {}


def _spec_of_block(block: keras.Sequential) -> ObjectSpec:
    """Describe a Sequential that is an argument of another layer."""
    layers = []
    for layer in block._layers:
        if isinstance(layer, keras.layers.InputLayer):
            layers.append(ObjectSpec(INPUT_LAYER, spec_of_input(layer)))
        else:
            layers.append(spec_of_object(layer))
    arguments: dict[str, Value] = {"layers": layers, "name": block.name}
    if not block._trainable:
        arguments["trainable"] = False
    return ObjectSpec(SEQUENTIAL, arguments)


@without_importing_tensorflow()
def value_of(value: Any) -> Value:
    """Describe any argument of a Keras call: a plain value, a Keras object or a function."""
    if isinstance(value, np.generic):
        # Before the test for float: a float64 is a float too.
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        # With TensorFlow, attributes of a model have lists of a class of its own.
        return (tuple if isinstance(value, tuple) else list)(value_of(item) for item in value)
    if isinstance(value, dict):
        return {
            key.item() if isinstance(key, np.generic) else key: value_of(item)
            for key, item in value.items()
        }
    if callable(getattr(value, "get_config", None)) and not isinstance(value, type):
        spec = spec_of_object(value)
        return Reference(value, _text_of(value)) if spec.live is not None else _by_name(spec, value)
    return Reference(value, _text_of(value))


def _key_of(cls: type) -> str:
    try:
        return catalog.key_of(cls)
    except KeyError:
        # For PyTorch, Keras's optimizers have subclasses of the same name.
        for base in cls.__mro__ if cls.__module__.startswith("keras.") else ():
            name = get_name_from_symbol(base)
            if name and base.__name__ == cls.__name__:
                return str(name)
        return catalog.add_class(cls)


def _possible_arguments(instance: Any, config: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values of a config that may be constructor arguments."""
    known = {
        name: _value_of(config[name], instance, name)
        for name in argument_names(type(instance), config)
        if name in config and not (name == "name" and config["name"] is None)
    }
    if isinstance(instance, keras.optimizers.Optimizer):
        return {name: _round_float32(value) for name, value in known.items()}
    return known


def _by_config(key: str, cls: type, config: Mapping[str, Any]) -> ObjectSpec:
    arguments = {name: _unpack(value) for name, value in config.items()}
    spec = ObjectSpec(key, arguments, from_config=True)
    if not contains_config(make_object(spec).get_config(), config):
        raise ConversionError(f"{cls.__name__} cannot be recreated from its config")
    return spec


def _value_of(item: Any, owner: Any, name: str) -> Value:
    """Return the argument that gives ``item`` of a config."""
    if name == "dtype" and isinstance(item, dict):
        return _dtype(item)
    value = _value_of_part(item, _attribute_of(owner, name))
    if isinstance(owner, keras.layers.Bidirectional) and isinstance(value, ObjectSpec):
        # Bidirectional adds a prefix to the names of its layers.
        prefix = {"layer": "forward_", "backward_layer": "backward_"}.get(name, "")
        inner = value.arguments.get("name")
        if isinstance(inner, str) and prefix:
            # Bidirectional sets this argument itself.
            value = value.without_argument("zero_output_for_mask")
            return value.with_argument("name", inner.removeprefix(prefix))
    return value


def _attribute_of(owner: Any, name: str) -> Any:
    """Return the attribute that an entry of the owner's config describes, or None."""
    if isinstance(owner, keras.layers.Bidirectional):
        name = {"layer": "forward_layer"}.get(name, name)
    try:
        return getattr(owner, name, None)
    except Exception:
        return None


def _value_of_part(item: Any, part: Any) -> Value:
    """Return a config's entry as a Value, using the object that it describes where it is known."""
    # For functions and unregistered classes a config has only the name.
    if isinstance(item, (list, tuple)) and isinstance(part, (list, tuple)):
        if len(item) == len(part):
            return type(item)(
                _value_of_part(one, other) for one, other in zip(item, part, strict=True)
            )
    elif isinstance(item, dict) and item.keys() == {"value"} and callable(part):
        # The config of a lambda as an activation: its compiled code.
        return Reference(part, _text_of(part))
    elif isinstance(item, dict) and "class_name" in item and "config" in item:
        name = item["class_name"]
        if name in ("function", "__lambda__") and isinstance(part, types.FunctionType):
            return Reference(part, _text_of(part))
        if name == getattr(type(part), "__name__", None) and hasattr(part, "get_config"):
            return value_of(part)
    return _unpack(item)


def _round_float32(value: Value) -> Value:
    """Return 0.001 for 0.0010000000474974513: optimizers keep numbers as float32."""
    if isinstance(value, float) and float(np.float32(value)) == value:
        return float(str(np.float32(value)))
    return value


def _dtype(item: Mapping[str, Any]) -> Value:
    name = item.get("config", {}).get("name")
    if item.get("class_name") == "DTypePolicy" and isinstance(name, str):
        return name
    return _unpack(item)


def _unpack(item: Any) -> Value:
    """Turn what ``serialize_keras_object`` wrote into a Value."""
    if isinstance(item, (list, tuple)):
        return type(item)(_unpack(entry) for entry in item)
    if isinstance(item, (np.ndarray, types.FunctionType, type)):
        return Reference(item, _text_of(item))
    if not isinstance(item, dict):
        return item.item() if isinstance(item, np.generic) else item
    if "class_name" not in item or "config" not in item:
        return {str(key): _unpack(entry) for key, entry in item.items()}
    # Deserializing removes entries from the config.
    item = copy.deepcopy(item)
    name, inner = item["class_name"], item["config"]
    if name == "__lambda__":
        return Reference(None, "a lambda")
    if name == "function":
        try:
            return Reference(keras.saving.deserialize_keras_object(item), f"function {inner}")
        except Exception:
            return Reference(None, f"function {inner}")
    if isinstance(name, str) and name.startswith("__"):
        value = keras.saving.deserialize_keras_object(item)
        return value if isinstance(value, tuple) else Reference(value, _text_of(value))
    if name == "DTypePolicy":
        return ObjectSpec("keras.DTypePolicy", {"name": inner["name"]})
    return value_of(keras.saving.deserialize_keras_object(item))


# The catalog's section of each base class that has string identifiers in Keras.
_SECTIONS = (
    (keras.initializers.Initializer, "initializers"),
    (keras.regularizers.Regularizer, "regularizers"),
    (keras.constraints.Constraint, "constraints"),
)


def _by_name(spec: ObjectSpec, instance: Any) -> Value:
    """Return the identifier of an object with default arguments, such as "he_normal"."""
    if spec.arguments or spec.live is not None:
        return spec
    for base, section in _SECTIONS:
        if isinstance(instance, base):
            return catalog.identifier_of(spec.class_name, section) or spec
    return spec


def _text_of(value: Any) -> str:
    """Return a short text that shows a Python object."""
    if isinstance(value, np.ndarray):
        return f"array {value.shape} {value.dtype}"
    if isinstance(value, types.FunctionType):
        return "a lambda" if value.__name__ == "<lambda>" else f"function {value.__name__}"
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return f"{type(value).__name__} {name!r}"
    text = repr(value)
    return text if len(text) <= 60 else f"{type(value).__name__} object"
