"""Find the fewest constructor arguments that recreate a Keras object, by trying them."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import keras

from kwidgets.builder.convert.compare_configs import DEFAULT_DTYPE, comparable, contains_config
from kwidgets.builder.convert.to_keras import make_object, make_value
from kwidgets.builder.spec import ObjectSpec, Value


def minimal_arguments(
    key: str,
    cls: type,
    instance: Any,
    config: Mapping[str, Any],
    known: Mapping[str, Value],
) -> ObjectSpec | None:
    """Return a spec with the fewest arguments that give the object's config, or None.

    Args:
        key: the key of the class in the catalog.
        cls: the object's class.
        instance: the object to describe.
        config: the object's config.
        known: the values of its config that may be arguments.
    """
    hidden = _missing_from_config(cls, instance, config)
    required = [name for name in _required(cls) if name in known]
    first: dict[str, Value] = {name: known[name] for name in required} | hidden
    if "name" in known and isinstance(instance, keras.Layer):
        first["name"] = known["name"]
    derived = _derived_entries(cls, known)
    own = {name: value for name, value in known.items() if name not in derived}
    attempts: list[Callable[[], dict[str, Value]]] = [
        lambda: first | _arguments_that_differ(cls, first, own, config, instance),
        lambda: first | _arguments_that_differ(cls, first, known, config, instance),
        lambda: first | _non_default_arguments(cls, known, config),
        lambda: {name: value for name, value in known.items() if value is not None} | first,
        lambda: dict(known),
        # The config of RandomShear(0.2) has (-0.2, 0.2), which its constructor does not take.
        lambda: (
            first
            | _non_default_arguments(cls, {n: _upper_bound(v) for n, v in known.items()}, config)
        ),
    ]
    for attempt in attempts:
        try:
            arguments = attempt()
            made = make_object(ObjectSpec(key, arguments))
            if contains_config(made.get_config(), config) or (
                _build_as(made, instance) and contains_config(made.get_config(), config)
            ):
                return ObjectSpec(key, arguments)
            if arguments.get("trainable") is False and not instance.weights:
                # StringLookup does not take this argument and has no weights to freeze.
                del arguments["trainable"]
                if contains_config(
                    {**make_object(ObjectSpec(key, arguments)).get_config(), "trainable": False},
                    config,
                ):
                    return ObjectSpec(key, arguments)
        except Exception:
            continue
    return None


# By class, with the id of the constructor that was read, which a user may replace. To read it takes
# longer than all the rest of describing a layer.
_Parameters = Mapping[str, inspect.Parameter]
_known: weakref.WeakKeyDictionary[type, tuple[int, _Parameters]] = weakref.WeakKeyDictionary()


def _parameters(cls: type) -> _Parameters:
    """Return the parameters of the constructor of a class."""
    constructor = id(cls.__init__)  # type: ignore[misc]
    found = _known.get(cls)
    if found is None or found[0] != constructor:
        found = _known[cls] = constructor, inspect.signature(cls).parameters
    return found[1]


def argument_names(cls: type, config: Mapping[str, Any]) -> list[str]:
    """Return the entries of a config that the constructor may take."""
    parameters = _parameters(cls)
    names = [
        name
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    takes_more = any(p.kind == p.VAR_KEYWORD for p in parameters.values())
    if takes_more:
        # A base class may take more parameters than the class itself lists.
        names += [name for name in config if name not in names]
    return names


def _required(cls: type) -> list[str]:
    return [
        name
        for name, parameter in _parameters(cls).items()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]


def _missing_from_config(cls: type, instance: Any, config: Mapping[str, Any]) -> dict[str, Value]:
    """Return arguments read from the object's attributes, such as the delta of a Huber loss."""
    found: dict[str, Value] = {}
    for name, parameter in _parameters(cls).items():
        if name in config or name in ("name", "dtype") or parameter.default is parameter.empty:
            continue
        value = getattr(instance, "_fn_kwargs", {}).get(
            name, getattr(instance, name, parameter.default)
        )
        if isinstance(value, (bool, int, float, str)) and value != parameter.default:
            found[name] = value
    return found


# Every layer takes these, whether its class lists them as parameters or not.
_ARGUMENTS_OF_ANY_LAYER = {"name", "trainable", "dtype", "activity_regularizer", "autocast"}


def _derived_entries(cls: type, known: Mapping[str, Value]) -> set[str]:
    """Return the entries of a config that follow from others, such as a vocabulary's size."""
    parameters = _parameters(cls)
    return {
        name for name in known if name not in parameters and name not in _ARGUMENTS_OF_ANY_LAYER
    }


def _arguments_that_differ(
    cls: type,
    first: dict[str, Value],
    known: Mapping[str, Value],
    config: Mapping[str, Any],
    instance: Any,
) -> dict[str, Value]:
    """Return the arguments whose entry in the config is not that of an object made without them."""
    made = cls(**{name: make_value(value) for name, value in first.items()})
    made_config = made.get_config()

    def differing() -> dict[str, Value]:
        return {
            name: value
            for name, value in known.items()
            if name not in first
            and (
                name not in made_config or comparable(made_config[name]) != comparable(config[name])
            )
        }

    found = differing()
    if found and _build_as(made, instance):
        # build changes the config of some layers: axis=-1 becomes [-1].
        made_config = made.get_config()
        found = differing()
    # Under another global policy this dtype is the default, but in a fresh process it is not.
    dtype = known.get("dtype")
    is_default = made_config.get("dtype") == config.get("dtype")
    if isinstance(dtype, str) and dtype != DEFAULT_DTYPE and is_default:
        policy = keras.config.dtype_policy().name
        if policy == dtype and issubclass(cls, keras.Layer):
            found["dtype"] = dtype
    return found


def _non_default_arguments(
    cls: type, known: Mapping[str, Value], config: Mapping[str, Any]
) -> dict[str, Value]:
    """Return the arguments that are not the default in the constructor's signature.

    For a class that cannot be made from its required arguments alone.
    """
    parameters = _parameters(cls)
    return {
        name: value
        for name, value in known.items()
        if name in parameters and comparable(parameters[name].default) != comparable(config[name])
    }


def _upper_bound(value: Value) -> Value:
    """Return 0.2 for (-0.2, 0.2), and other values unchanged."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and isinstance(value[1], float):
        return value[1] if value[0] == -value[1] else value
    return value


def _build_as(made: Any, instance: Any) -> bool:
    """Build ``made`` for the input shape of ``instance``; return whether it is built now."""
    if not isinstance(instance, keras.Layer) or not instance.built or made.built:
        return False
    try:
        config = instance.get_build_config()
        if config:
            made.build_from_config(config)
    except Exception:
        return False
    return bool(made.built)
