"""Spec ↔ Keras objects: the only place where one becomes the other.

An object is described by its constructor's arguments, as few as give it back. Whether they do is
not assumed but tried: a second object is made of them and its config compared.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import re
import types
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras.src.api_export import get_name_from_symbol
from keras.src.utils.naming import to_snake_case

from kwidgets.builder import catalog
from kwidgets.builder.dry import dry_scope, no_trace
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

# How a dtype stands in a config when nobody chose one; a fresh process has no other policy.
_PLAIN_POLICY = "float32"


class ConversionError(ValueError):
    """A Keras object that a builder cannot hold."""


# --- spec → Keras --------------------------------------------------------------------------------


def make_value(value: Value) -> Any:
    """Return what stands for ``value`` in a call of Keras.

    Raises:
        Exception: whatever Keras says to the arguments.
    """
    if isinstance(value, ObjectSpec):
        return make_object(value)
    if isinstance(value, Reference):
        return value.value
    if isinstance(value, tuple):
        return tuple(make_value(item) for item in value)
    if isinstance(value, list):
        return [make_value(item) for item in value]
    if isinstance(value, Mapping):
        return {key: make_value(item) for key, item in value.items()}
    return value


def make_object(spec: ObjectSpec) -> Any:
    """Make a Keras object.

    Raises:
        KeyError: no such class.
        Exception: whatever Keras says to the arguments.
    """
    if spec.live is not None:
        return spec.live.value
    cls: Any = class_of(spec.class_name)
    arguments = {name: make_value(value) for name, value in spec.arguments.items()}
    if spec.from_config:
        return cls.from_config(arguments)
    return cls(**arguments)


def make_layer(entry: LayerSpec) -> keras.Layer:
    """Make a layer, with the layers that are switched on in it.

    Raises:
        Exception: whatever Keras says to the arguments.
    """
    if entry.children is None:
        return make_object(entry.object)
    children = [make_layer(child) for child in entry.children if child.enabled]
    arguments = {name: make_value(value) for name, value in entry.arguments.items()}
    return keras.Sequential(children, **arguments)


def make_input(arguments: Mapping[str, Value]) -> keras.layers.InputLayer:
    """Make the layer that says what goes in.

    Raises:
        Exception: whatever Keras says to the arguments.
    """
    return keras.layers.InputLayer(**{k: make_value(v) for k, v in arguments.items()})


# --- Keras → spec --------------------------------------------------------------------------------


def spec_of_model(model: keras.Sequential) -> tuple[ModelSpec, dict[str, keras.Layer]]:
    """Return the spec of a Sequential, and its layers by uid.

    Raises:
        ConversionError: it is not a Sequential.
    """
    if not isinstance(model, keras.Sequential):
        raise ConversionError(
            f"a SequentialBuilder holds a keras.Sequential; got {type(model).__name__}. "
            "A functional or subclassed model can be one of its layers: "
            "SequentialBuilder([model, ...])."
        )
    live: dict[str, keras.Layer] = {}
    entries = []
    for layer in model.layers:
        entry = spec_of_layer(layer)
        live[entry.uid] = layer
        entries.append(entry)
    spec = ModelSpec(name=model.name, layers=tuple(entries), trainable=model._trainable)
    first = model._layers[0] if model._layers else None
    if isinstance(first, keras.layers.InputLayer):
        spec = spec.with_input(**spec_of_input(first))
    return spec, live


def spec_of_input(layer: keras.layers.InputLayer) -> dict[str, Value]:
    """Return the arguments of ``keras.Input`` that give ``layer``."""
    arguments: dict[str, Value] = {"shape": tuple(layer.batch_shape[1:])}
    if layer.batch_shape[0] is not None:
        arguments["batch_size"] = layer.batch_shape[0]
    if layer.dtype != _PLAIN_POLICY:
        arguments["dtype"] = layer.dtype
    if getattr(layer, "sparse", None):
        arguments["sparse"] = True
    if getattr(layer, "ragged", None):
        arguments["ragged"] = True
    if getattr(layer, "optional", False):
        arguments["optional"] = True
    arguments["name"] = layer.name
    return arguments


def spec_of_layer(layer: keras.Layer) -> LayerSpec:
    """Describe a layer, its name included.

    Raises:
        ConversionError: it is no layer.
    """
    if not isinstance(layer, keras.Layer):
        raise ConversionError(
            f"a layer is needed, such as keras.layers.Dense(10); got {layer!r} "
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


def spec_of_object(thing: Any) -> ObjectSpec:
    """Describe a Keras object by as few constructor arguments as give it back, its name included.

    Where no arguments do, by its config; where that does not either, by the object itself.
    """
    cls = type(thing)
    key = _key_of(cls)
    try:
        if type(thing) is keras.Sequential:
            return _spec_of_block(thing)
        config = thing.get_config()
        if isinstance(thing, keras.optimizers.Optimizer) and looks_automatic(
            config.get("name"), cls
        ):
            # "adam_2" is just the third one of its process.
            config = {key: value for key, value in config.items() if key != "name"}
        if isinstance(thing, keras.Model):
            # Its constructor takes tensors. A model as a layer stays the very model it is.
            return ObjectSpec(key, {}, live=Reference(thing, f"{cls.__name__} {thing.name!r}"))
        # Optimizers read their variables' values: those must have some.
        with dry_scope(on_meta=False) if isinstance(thing, keras.Layer) else no_trace():
            found = _by_arguments(key, cls, thing, config)
            if found is not None:
                return found
            return _by_config(key, cls, config)
    except Exception:
        return ObjectSpec(key, {}, live=Reference(thing, _text_of(thing)))


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


def value_of(thing: Any) -> Value:
    """Describe anything that a call of Keras takes: plain values, objects of Keras, functions."""
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    if isinstance(thing, np.generic):
        return thing.item()
    if isinstance(thing, (list, tuple)):
        return type(thing)(value_of(item) for item in thing)
    if isinstance(thing, dict):
        return {key: value_of(item) for key, item in thing.items()}
    if callable(getattr(thing, "get_config", None)) and not isinstance(thing, type):
        spec = spec_of_object(thing)
        return Reference(thing, _text_of(thing)) if spec.live is not None else _short(spec, thing)
    return Reference(thing, _text_of(thing))


def same_config(one: object, other: object) -> bool:
    """Whether two configs say the same, leaving out how built each object is."""
    return bool(_plain(one) == _plain(other))


def _says(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a config says all that is wanted."""
    return all(
        key in config and _plain(config[key]) == _plain(value)
        for key, value in wanted.items()
        if key not in _VOLATILE
    )


def class_of(key: str) -> type:
    """Return the class by its key, also one that no form offers (a dtype policy, say).

    Raises:
        KeyError: there is none.
    """
    try:
        return catalog.class_of(key)
    except KeyError:
        found: Any = keras
        for part in key.split(".")[1:]:
            found = getattr(found, part, None)
        if key.startswith("keras.") and isinstance(found, type):
            return found
        raise


def _key_of(cls: type) -> str:
    try:
        return catalog.key_of(cls)
    except KeyError:
        # Keras's own optimizers have subclasses of the same name for PyTorch.
        for base in cls.__mro__ if cls.__module__.startswith("keras.") else ():
            name = get_name_from_symbol(base)
            if name and base.__name__ == cls.__name__:
                return str(name)
        return catalog.add_class(cls)


def _by_arguments(key: str, cls: type, thing: Any, config: Mapping[str, Any]) -> ObjectSpec | None:
    names = _argument_names(cls, config)
    known = {
        name: _value_of(config[name], thing, name)
        for name in names
        if name in config and not (name == "name" and config["name"] is None)
    }
    if isinstance(thing, keras.optimizers.Optimizer):
        known = {name: _shortest(value) for name, value in known.items()}
    hidden = _left_out(cls, thing, config)
    required = [name for name in _required(cls) if name in known]
    first: dict[str, Value] = {name: known[name] for name in required} | hidden
    if "name" in known and isinstance(thing, keras.Layer):
        first["name"] = known["name"]
    plain = {name: value for name, value in known.items() if name not in _beyond(cls, known)}
    attempts: list[Callable[[], dict[str, Value]]] = [
        lambda: first | _differing(cls, first, plain, config, thing),
        lambda: first | _differing(cls, first, known, config, thing),
        lambda: first | _not_the_default(cls, known, config),
        lambda: {name: value for name, value in known.items() if value is not None} | first,
        lambda: known,
        # RandomShear(0.2) says (-0.2, 0.2), which it does not take.
        lambda: first | _not_the_default(cls, {n: _half(v) for n, v in known.items()}, config),
    ]
    for attempt in attempts:
        try:
            arguments = attempt()
            made = make_object(ObjectSpec(key, arguments))
            if _says(made.get_config(), config) or (
                _build_like(made, thing) and _says(made.get_config(), config)
            ):
                return ObjectSpec(key, arguments)
            if arguments.get("trainable") is False and not thing.weights:
                # A StringLookup does not take it, and has nothing to freeze.
                del arguments["trainable"]
                if _says(
                    {**make_object(ObjectSpec(key, arguments)).get_config(), "trainable": False},
                    config,
                ):
                    return ObjectSpec(key, arguments)
        except Exception:
            continue
    return None


def _left_out(cls: type, thing: Any, config: Mapping[str, Any]) -> dict[str, Value]:
    """Arguments of which the config says nothing, found on the object: a Huber loss's delta."""
    found: dict[str, Value] = {}
    for name, parameter in inspect.signature(cls).parameters.items():
        if name in config or name in ("name", "dtype") or parameter.default is parameter.empty:
            continue
        value = getattr(thing, "_fn_kwargs", {}).get(name, getattr(thing, name, parameter.default))
        if isinstance(value, (bool, int, float, str)) and value != parameter.default:
            found[name] = value
    return found


# What every layer takes beyond the parameters that its class names.
_OF_ANY_LAYER = {"name", "trainable", "dtype", "activity_regularizer", "autocast"}


def _beyond(cls: type, known: Mapping[str, Value]) -> set[str]:
    """Entries of a config that a class takes, but that follow from others: a vocabulary's size."""
    parameters = inspect.signature(cls).parameters
    return {name for name in known if name not in parameters and name not in _OF_ANY_LAYER}


def _differing(
    cls: type,
    first: dict[str, Value],
    known: Mapping[str, Value],
    config: Mapping[str, Any],
    thing: Any,
) -> dict[str, Value]:
    made = cls(**{name: make_value(value) for name, value in first.items()})
    plain = made.get_config()

    def differing() -> dict[str, Value]:
        return {
            name: value
            for name, value in known.items()
            if name not in first
            and (name not in plain or _plain(plain[name]) != _plain(config[name]))
        }

    found = differing()
    if found and _build_like(made, thing):
        # Some layers write into their config what they learn when built: axis=-1 becomes [-1].
        plain = made.get_config()
        found = differing()
    # Under another global policy the default would look like no choice, and not be one elsewhere.
    dtype = known.get("dtype")
    if isinstance(dtype, str) and dtype != _PLAIN_POLICY and plain.get("dtype") == config["dtype"]:
        policy = keras.config.dtype_policy().name
        if policy == dtype and issubclass(cls, keras.Layer):
            found["dtype"] = dtype
    return found


def _build_like(made: Any, thing: Any) -> bool:
    """Build a layer as another one is built, if it is; return whether that was done."""
    if not isinstance(thing, keras.Layer) or not thing.built or made.built:
        return False
    try:
        config = thing.get_build_config()
        if config:
            made.build_from_config(config)
    except Exception:
        return False
    return bool(made.built)


def _half(value: Value) -> Value:
    """0.2 for (-0.2, 0.2)."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and isinstance(value[1], float):
        return value[1] if value[0] == -value[1] else value
    return value


def _not_the_default(
    cls: type, known: Mapping[str, Value], config: Mapping[str, Any]
) -> dict[str, Value]:
    """For a class that cannot be made of its required arguments alone."""
    parameters = inspect.signature(cls).parameters
    return {
        name: value
        for name, value in known.items()
        if name in parameters and _plain(parameters[name].default) != _plain(config[name])
    }


def _by_config(key: str, cls: type, config: Mapping[str, Any]) -> ObjectSpec:
    arguments = {name: _unpack(value) for name, value in config.items()}
    spec = ObjectSpec(key, arguments, from_config=True)
    if not _says(make_object(spec).get_config(), config):
        raise ConversionError(f"{cls.__name__} does not come back from its own config")
    return spec


def _argument_names(cls: type, config: Mapping[str, Any]) -> list[str]:
    parameters = inspect.signature(cls).parameters
    names = [
        name
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    takes_more = any(p.kind == p.VAR_KEYWORD for p in parameters.values())
    if takes_more:
        # A base class may take more than the class itself names.
        names += [name for name in config if name not in names]
    return names


def _required(cls: type) -> list[str]:
    return [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]


# --- values of a config --------------------------------------------------------------------------


def _value_of(item: Any, owner: Any, name: str) -> Value:
    """Return the argument that gives ``item`` of a config."""
    if name == "dtype" and isinstance(item, dict):
        return _dtype(item)
    value = _value_of_part(item, _part(owner, name))
    if isinstance(owner, keras.layers.Bidirectional) and isinstance(value, ObjectSpec):
        # Bidirectional renames what it is given.
        prefix = {"layer": "forward_", "backward_layer": "backward_"}.get(name, "")
        inner = value.arguments.get("name")
        if isinstance(inner, str) and prefix:
            # This it sets by itself.
            value = value.without_argument("zero_output_for_mask")
            return value.with_argument("name", inner.removeprefix(prefix))
    return value


def _part(owner: Any, name: str) -> Any:
    """The object that an entry of the owner's config describes, where it can be found."""
    if isinstance(owner, keras.layers.Bidirectional):
        name = {"layer": "forward_layer"}.get(name, name)
    try:
        return getattr(owner, name, None)
    except Exception:
        return None


def _value_of_part(item: Any, part: Any) -> Value:
    # A config has only the names of functions and of classes that are not registered.
    if isinstance(item, (list, tuple)) and isinstance(part, (list, tuple)):
        if len(item) == len(part):
            return type(item)(
                _value_of_part(one, other) for one, other in zip(item, part, strict=True)
            )
    elif isinstance(item, dict) and "class_name" in item and "config" in item:
        name = item["class_name"]
        if name in ("function", "__lambda__") and isinstance(part, types.FunctionType):
            return Reference(part, _text_of(part))
        if name == getattr(type(part), "__name__", None) and hasattr(part, "get_config"):
            return value_of(part)
    return _unpack(item)


def _shortest(value: Value) -> Value:
    """An optimizer tells its rates as float32: 0.0010000000474974513. Write 0.001."""
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
    # To make an object of its config empties it.
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


# Where a class belongs, to find the short names by which Keras knows it.
_SECTIONS = (
    (keras.initializers.Initializer, "initializers"),
    (keras.regularizers.Regularizer, "regularizers"),
    (keras.constraints.Constraint, "constraints"),
)


def _short(spec: ObjectSpec, thing: Any) -> Value:
    """Write an object with default arguments by its name: "he_normal"."""
    if spec.arguments or spec.live is not None:
        return spec
    for base, section in _SECTIONS:
        if isinstance(thing, base):
            return catalog.identifier_of(spec.class_name, section) or spec
    return spec


# The last is what a text layer has learned by adapt.
_VOLATILE = {
    "build_config",
    "build_input_shape",
    "compile_config",
    "shared_object_id",
    "vocabulary_size",
}


def _plain(item: Any) -> Any:
    """A config without what depends on history, in plain and comparable types."""
    if isinstance(item, Mapping):
        return {str(k): _plain(v) for k, v in item.items() if k not in _VOLATILE}
    if isinstance(item, (list, tuple)):
        return [_plain(entry) for entry in item]
    if isinstance(item, np.ndarray):
        return _plain(item.tolist())
    if isinstance(item, np.generic):
        return item.item()
    if isinstance(item, str) and len(item) > 2000:
        return hash(item)
    return item


def _text_of(thing: Any) -> str:
    """Show a Python object in a few words."""
    if isinstance(thing, np.ndarray):
        return f"array {thing.shape} {thing.dtype}"
    if isinstance(thing, types.FunctionType):
        return "a lambda" if thing.__name__ == "<lambda>" else f"function {thing.__name__}"
    name = getattr(thing, "name", None)
    if isinstance(name, str):
        return f"{type(thing).__name__} {name!r}"
    text = repr(thing)
    return text if len(text) <= 60 else f"{type(thing).__name__} object"


# --- names ---------------------------------------------------------------------------------------


def looks_automatic(name: object, cls: type) -> bool:
    """Whether ``name`` is one that Keras gives by itself: "dense", "dense_3"."""
    if not isinstance(name, str):
        return False
    return re.fullmatch(rf"{re.escape(to_snake_case(cls.__name__))}(_\d+)?", name) is not None


def without_automatic_names(spec: ObjectSpec) -> ObjectSpec:
    """Leave the names to Keras that look as if it had given them, of layers in arguments too."""
    if spec.live is not None:
        return spec
    cls = keras.Sequential if spec.class_name == SEQUENTIAL else class_of(spec.class_name)
    if not issubclass(cls, keras.Layer):
        return spec
    arguments = {name: _without_automatic_names(value) for name, value in spec.arguments.items()}
    if looks_automatic(arguments.get("name"), cls):
        del arguments["name"]
    return dataclasses.replace(spec, arguments=arguments)


def _without_automatic_names(value: Value) -> Value:
    if isinstance(value, ObjectSpec):
        return without_automatic_names(value)
    if isinstance(value, (tuple, list)):
        return type(value)(_without_automatic_names(item) for item in value)
    return value
