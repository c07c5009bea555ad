"""The fewest arguments of a constructor that give an object back: they are tried, not assumed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras

from kwidgets.builder.convert.configs import PLAIN_POLICY, plain, says
from kwidgets.builder.convert.to_keras import make_object, make_value
from kwidgets.builder.spec import ObjectSpec, Value


def by_arguments(
    key: str,
    cls: type,
    thing: Any,
    config: Mapping[str, Any],
    known: Mapping[str, Value],
) -> ObjectSpec | None:
    """Describe an object by as few arguments as give its config; None where none do.

    Args:
        key: of the class.
        cls: the object's class.
        thing: the object.
        config: what it tells of itself.
        known: the values of its config that might be arguments.
    """
    hidden = _left_out(cls, thing, config)
    required = [name for name in _required(cls) if name in known]
    first: dict[str, Value] = {name: known[name] for name in required} | hidden
    if "name" in known and isinstance(thing, keras.Layer):
        first["name"] = known["name"]
    own = {name: value for name, value in known.items() if name not in _beyond(cls, known)}
    attempts: list[Callable[[], dict[str, Value]]] = [
        lambda: first | _differing(cls, first, own, config, thing),
        lambda: first | _differing(cls, first, known, config, thing),
        lambda: first | _not_the_default(cls, known, config),
        lambda: {name: value for name, value in known.items() if value is not None} | first,
        lambda: dict(known),
        # RandomShear(0.2) says (-0.2, 0.2), which it does not take.
        lambda: first | _not_the_default(cls, {n: _half(v) for n, v in known.items()}, config),
    ]
    for attempt in attempts:
        try:
            arguments = attempt()
            made = make_object(ObjectSpec(key, arguments))
            if says(made.get_config(), config) or (
                _build_like(made, thing) and says(made.get_config(), config)
            ):
                return ObjectSpec(key, arguments)
            if arguments.get("trainable") is False and not thing.weights:
                # A StringLookup does not take it, and has nothing to freeze.
                del arguments["trainable"]
                if says(
                    {**make_object(ObjectSpec(key, arguments)).get_config(), "trainable": False},
                    config,
                ):
                    return ObjectSpec(key, arguments)
        except Exception:
            continue
    return None


def argument_names(cls: type, config: Mapping[str, Any]) -> list[str]:
    """What a class may take of its config."""
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
    told = made.get_config()

    def differing() -> dict[str, Value]:
        return {
            name: value
            for name, value in known.items()
            if name not in first and (name not in told or plain(told[name]) != plain(config[name]))
        }

    found = differing()
    if found and _build_like(made, thing):
        # Some layers write into their config what they learn when built: axis=-1 becomes [-1].
        told = made.get_config()
        found = differing()
    # Under another global policy the default would look like no choice, and not be one elsewhere.
    dtype = known.get("dtype")
    if isinstance(dtype, str) and dtype != PLAIN_POLICY and told.get("dtype") == config["dtype"]:
        policy = keras.config.dtype_policy().name
        if policy == dtype and issubclass(cls, keras.Layer):
            found["dtype"] = dtype
    return found


def _not_the_default(
    cls: type, known: Mapping[str, Value], config: Mapping[str, Any]
) -> dict[str, Value]:
    """For a class that cannot be made of its required arguments alone."""
    parameters = inspect.signature(cls).parameters
    return {
        name: value
        for name, value in known.items()
        if name in parameters and plain(parameters[name].default) != plain(config[name])
    }


def _half(value: Value) -> Value:
    """0.2 for (-0.2, 0.2)."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and isinstance(value[1], float):
        return value[1] if value[0] == -value[1] else value
    return value


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
