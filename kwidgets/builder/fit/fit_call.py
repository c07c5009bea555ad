"""A call of fit, told as settings: which data, which numbers, which callbacks."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.builder import catalog, convert, data
from kwidgets.builder.data.notebook import namespace
from kwidgets.builder.fit.background_fit import callbacks_of
from kwidgets.builder.fit.call_site import written
from kwidgets.builder.spec import ObjectSpec, Reference, Value, Variable
from kwidgets.language import t
from kwidgets.live.callback import LivePlot

_DATA = ("x", "y", "sample_weight")
_MISSING = object()


@dataclasses.dataclass(frozen=True)
class Recalled:
    """What is known of a call of fit.

    Args:
        settings: arguments of the Fit tab.
        data: what the variables and expressions among them were.
        notes: what cannot be told, each a sentence.
    """

    settings: dict[str, Value]
    data: dict[str, data.DataInfo]
    notes: tuple[str, ...] = ()


def recall_fit(
    model: keras.Model,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    call: ast.Call | None = None,
) -> Recalled:
    """Return what a Fit tab can show of a call of ``fit``.

    Args:
        model: whose ``fit`` is called.
        args, kwargs: what it is given.
        call: how that was written in the user's source, where it is known.
    """
    try:
        signature = inspect.signature(model.fit)
        given = dict(signature.bind(*args, **kwargs).arguments)
    except TypeError:
        return Recalled({}, {})  # fit itself will say what is wrong
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    known = {parameter["name"] for parameter in catalog.FORMS["fit"]}
    settings, notes = dict[str, Value](), list[str]()
    sources = _Sources(written(call, list(signature.parameters)))
    given_data = {name: given.pop(name) for name in _DATA if given.get(name) is not None}
    validation = _validation(given.pop("validation_data", None), sources)
    for argument, value in given.items():
        if argument == "callbacks":
            others = [one for one in callbacks_of(value) if not isinstance(one, LivePlot)]
            if others:
                settings[argument] = tuple(callback_value(one) for one in others)
        elif argument in known and _differs(value, defaults.get(argument)):
            settings[argument] = convert.value_of(value)
    told = {name: sources.tell(name, value) for name, value in given_data.items()}
    if None in told.values():
        # Half of the data would make another training of it.
        unknown = [name for name, variable in told.items() if variable is None]
        names = functools.reduce(lambda before, name: t("%1 and %2", before, name), unknown)
        notes.append(t("The call of fit is left out: what it was given as %1 has no name.", names))
        return Recalled(settings, {}, tuple(notes))
    told |= {name: sources.tell(name, value) for name, value in validation.items()}
    if None in told.values():
        notes.append(t("The validation data is left out: what fit was given has no name."))
        told = {name: variable for name, variable in told.items() if name not in validation}
    settings |= {name: variable for name, variable in told.items() if variable is not None}
    return Recalled(settings, sources.data, tuple(notes))


class _Sources:
    """Where values come from: the expressions of a call, or else the variables that hold them."""

    def __init__(self, expressions: dict[str, ast.expr]) -> None:
        self.expressions = expressions
        self.data: dict[str, data.DataInfo] = {}
        self._names = {
            id(value): name for name, value in namespace().items() if not name.startswith("_")
        }

    def tell(self, argument: str, value: Any) -> Variable | None:
        """Return what stands for ``value`` in a program."""
        expression = self.expressions.get(argument)
        if expression is not None and _is_repeatable(expression):
            text = ast.unparse(expression)
        elif id(value) in self._names:
            text = self._names[id(value)]
        else:
            return None
        self.data[text] = data.describe(text, value) or data.DataInfo(text, type(value).__name__)
        return Variable(text)


def _validation(value: Any, sources: _Sources) -> dict[str, Any]:
    """Take validation data apart, and the expression for it too."""
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
    """Whether an expression may stand in a program, and be computed again."""
    return not any(
        isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred))
        for node in ast.walk(expression)
    )


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
