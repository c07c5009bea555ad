"""Describe the arguments of a call of ``fit`` as plain values."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.live.callback import LivePlot
from kwidgets.record.fit_facts.data import DATA_ARGUMENTS, describe_data

# Callbacks that every watched fit has.
_UNTOLD = (LivePlot, keras.callbacks.History)
_PLAIN = (bool, int, float, str, type(None))


def describe_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys ``fit_arguments`` and ``data`` of a run.

    Args:
        arguments: of ``fit``, by name. After ``validation_split``, ``x`` and ``y`` are the
            training part.
    """
    plain = {
        name: _describe(value) for name, value in arguments.items() if name not in DATA_ARGUMENTS
    }
    data = {
        name: describe_data(arguments[name])
        for name in DATA_ARGUMENTS
        if arguments.get(name) is not None
    }
    return {"fit_arguments": plain, "data": data}


def _describe(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Mapping):
        return {str(key): _describe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_describe(item) for item in value if not isinstance(item, _UNTOLD)]
    number = getattr(value, "item", None)
    if callable(number) and getattr(value, "shape", None) == ():
        return number()
    return _describe_object(value)


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # a property of the user's
        return None


def _describe_object(value: Any) -> Any:
    """Return the class of an object, such as a callback, with its plain settings."""
    name = type(value).__name__
    try:
        parameters = inspect.signature(type(value)).parameters
    except (TypeError, ValueError):
        return name
    # Not its repr: an address would differ in each run.
    settings = {
        parameter: setting
        for parameter in parameters
        if isinstance(setting := _attribute(value, parameter), _PLAIN) and setting is not None
    }
    return {"class": name, **settings} if settings else name
