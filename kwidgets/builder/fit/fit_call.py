"""Describe a call of fit as settings of the Fit tab: data, plain arguments and callbacks."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.builder import catalog, convert, data
from kwidgets.builder.fit.background_fit import callbacks_of
from kwidgets.builder.fit.call_site import argument_expressions
from kwidgets.builder.spec import ObjectSpec, Reference, Value, Variable
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.language import t
from kwidgets.live.callback import LivePlot

_DATA = ("x", "y", "sample_weight")
_MISSING = object()


@dataclasses.dataclass(frozen=True)
class FitCall:
    """A call of fit as the Fit tab shows it.

    Args:
        settings: the settings of the Fit tab.
        data: describes the data behind each variable or expression in the settings.
        notes: sentences about arguments that cannot be shown.
    """

    settings: dict[str, Value]
    data: dict[str, data.DataInfo]
    notes: tuple[str, ...] = ()


def describe_fit_call(
    model: keras.Model,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    call: ast.Call | None = None,
) -> FitCall:
    """Describe a call of ``model.fit``.

    Args:
        model: the model.
        args, kwargs: the arguments of the call.
        call: the call in the user's source, if it was found.
    """
    try:
        signature = inspect.signature(model.fit)
        given = dict(signature.bind(*args, **kwargs).arguments)
    except TypeError:
        return FitCall({}, {})  # fit itself raises a clearer error
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    known = {parameter["name"] for parameter in catalog.FORMS["fit"]}
    settings, notes = dict[str, Value](), list[str]()
    sources = _ArgumentSources(argument_expressions(call, list(signature.parameters)))
    given_data = {name: given.pop(name) for name in _DATA if given.get(name) is not None}
    validation = _split_validation(given.pop("validation_data", None), sources)
    for argument, value in given.items():
        if argument == "callbacks":
            callbacks = [each for each in callbacks_of(value) if not isinstance(each, LivePlot)]
            if callbacks:
                settings[argument] = tuple(describe_callback(each) for each in callbacks)
        elif argument in known and _differs(value, defaults.get(argument)):
            settings[argument] = convert.value_of(value)
    variables = {name: sources.variable_for(name, value) for name, value in given_data.items()}
    if None in variables.values():
        # A fit with only part of the data would be a different training.
        unknown = [name for name, variable in variables.items() if variable is None]
        names = functools.reduce(lambda before, name: t("%1 and %2", before, name), unknown)
        notes.append(
            t("The call of fit is omitted because the value passed as %1 is unknown.", names)
        )
        return FitCall(settings, {}, tuple(notes))
    variables |= {name: sources.variable_for(name, value) for name, value in validation.items()}
    if None in variables.values():
        notes.append(
            t("The validation data is omitted because the value passed to fit is unknown.")
        )
        variables = {
            name: variable for name, variable in variables.items() if name not in validation
        }
    settings |= {name: variable for name, variable in variables.items() if variable is not None}
    return FitCall(settings, sources.data, tuple(notes))


class _ArgumentSources:
    """Find the source of arguments: the expressions of the call, or else the user's variables."""

    def __init__(self, expressions: dict[str, ast.expr]) -> None:
        self.expressions = expressions
        self.data: dict[str, data.DataInfo] = {}
        self._names = {
            id(value): name for name, value in user_variables().items() if not name.startswith("_")
        }

    def variable_for(self, argument: str, value: Any) -> Variable | None:
        """Return a variable or expression whose value is ``value``, or None."""
        expression = self.expressions.get(argument)
        if expression is not None and _is_repeatable(expression):
            text = ast.unparse(expression)
        elif id(value) in self._names:
            text = self._names[id(value)]
        else:
            return None
        self.data[text] = data.describe(text, value) or data.DataInfo(text, type(value).__name__)
        return Variable(text)


def _split_validation(value: Any, sources: _ArgumentSources) -> dict[str, Any]:
    """Split ``validation_data`` into x, y and sample weights, and its expression likewise."""
    if not isinstance(value, (tuple, list)):
        if "validation_data" in sources.expressions:
            sources.expressions["validation_x"] = sources.expressions["validation_data"]
        return {} if value is None else {"validation_x": value}
    names = ("validation_x", "validation_y", "validation_sample_weight")
    expression = sources.expressions.get("validation_data")
    if isinstance(expression, (ast.Tuple, ast.List)):
        sources.expressions |= dict(zip(names, expression.elts, strict=False))
    return dict(zip(names, value, strict=False))


def _is_repeatable(expression: ast.expr) -> bool:
    """Return whether a program may contain the expression and evaluate it again."""
    return not any(
        isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred))
        for node in ast.walk(expression)
    )


def describe_callback(callback: Any) -> Value:
    """Describe a Keras callback by the attributes that hold its constructor arguments.

    A callback without such an attribute for each argument becomes a reference to the object.
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
