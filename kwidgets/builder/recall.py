"""A call of fit, told as settings: which variables, which numbers, which callbacks."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.builder import catalog, convert
from kwidgets.builder.notebook import namespace
from kwidgets.builder.spec import ObjectSpec, Reference, Value, Variable
from kwidgets.builder.training import callbacks_of
from kwidgets.live.callback import LivePlot

_DATA = ("x", "y")
_MISSING = object()


def fit_settings(
    model: keras.Model, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Value]:
    """Return what a Fit tab can show of a call of ``fit``; the rest is left out."""
    try:
        signature = inspect.signature(model.fit)
        given = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return {}  # fit itself will say what is wrong
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    known = {parameter["name"] for parameter in catalog.FORMS["fit"]}
    names = {id(value): name for name, value in namespace().items() if not name.startswith("_")}
    settings: dict[str, Value] = {}
    for argument, value in given.items():
        if argument in _DATA:
            if id(value) in names:
                settings[argument] = Variable(names[id(value)])
        elif argument == "validation_data":
            settings |= _validation(value, names)
        elif argument == "callbacks":
            others = [one for one in callbacks_of(value) if not isinstance(one, LivePlot)]
            if others:
                settings[argument] = tuple(callback_value(one) for one in others)
        elif argument in known and _differs(value, defaults.get(argument)):
            settings[argument] = convert.value_of(value)
    return settings


def _validation(value: Any, names: Mapping[int, str]) -> dict[str, Value]:
    if isinstance(value, (tuple, list)) and len(value) == 2:
        pairs = zip(("validation_x", "validation_y"), value, strict=True)
        found = {name: names[id(item)] for name, item in pairs if id(item) in names}
        return (
            {name: Variable(variable) for name, variable in found.items()}
            if len(found) == 2
            else {}
        )
    return {"validation_x": Variable(names[id(value)])} if id(value) in names else {}


def callback_value(callback: Any) -> Value:
    """Describe a callback of Keras by the attributes that its arguments became.

    One that does not tell them all stays the object that it is.
    """
    live = Reference(callback, type(callback).__name__)
    try:
        key = catalog.key_of(type(callback))
    except KeyError:
        return live
    arguments: dict[str, Value] = {}
    for name, parameter in inspect.signature(type(callback)).parameters.items():
        value = getattr(callback, name, _MISSING)
        if value is _MISSING or not (value is None or isinstance(value, (bool, int, float, str))):
            return live
        if _differs(value, parameter.default):
            arguments[name] = value
    return ObjectSpec(key, arguments)


def _differs(value: Any, default: Any) -> bool:
    return not (type(value) is type(default) and value == default)
