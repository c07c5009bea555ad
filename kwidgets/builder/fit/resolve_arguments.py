"""Find the data that the Fit tab offers, and compute the arguments of fit from its settings."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from kwidgets.builder import convert, data
from kwidgets.builder.fit.call_site import names_in
from kwidgets.builder.spec import Arguments, EditError, Value, Variable
from kwidgets.kernel.running_kernel import user_namespace
from kwidgets.language import t


def find_data(
    settings: Arguments, data_of_last_call: Mapping[str, data.DataInfo]
) -> dict[str, data.DataInfo]:
    """Describe the variables that fit can take, and the data that the settings use, by name.

    Args:
        settings: the settings of the Fit tab.
        data_of_last_call: describes the variables and expressions of the last call of fit.
    """
    space = user_namespace()
    found = {info.name: info for info in data.scan(space)}
    for value in settings.values():
        if not isinstance(value, Variable):
            continue
        name = value.name
        info = data.describe(name, space[name]) if name in found else None
        if info is None and name in data_of_last_call and _has_all_names(name, space):
            # An expression, or an object that only fit can use.
            info = data_of_last_call[name]
        if info is not None:
            found[name] = info
    return found


def fit_arguments(settings: Arguments) -> dict[str, Any]:
    """Return the arguments of fit, with the current values of the user's variables.

    Raises:
        EditError: a variable is missing, or an expression fails.
    """
    space = user_namespace()

    def value(item: Value) -> Any:
        if isinstance(item, Variable):
            return _evaluate(item.name, space)
        return convert.make_value(item)

    arguments = {name: value(item) for name, item in settings.items()}
    validation_x = arguments.pop("validation_x", None)
    validation_y = arguments.pop("validation_y", None)
    if validation_x is not None:
        arguments.pop("validation_split", None)
        arguments["validation_data"] = (
            validation_x if validation_y is None else (validation_x, validation_y)
        )
    return arguments


def _has_all_names(expression: str, space: Mapping[str, Any]) -> bool:
    return all(name in space or hasattr(builtins, name) for name in names_in(expression))


def _evaluate(expression: str, space: Mapping[str, Any]) -> Any:
    """Return the value of a variable, or of an expression that the user wrote in a call of fit.

    Raises:
        EditError: the variable is missing, or the expression fails.
    """
    if expression in space:
        return space[expression]
    if not _has_all_names(expression, space):
        raise EditError(
            t(
                "The variable %1 no longer exists. Run the cell that creates it, or choose "
                "other data.",
                repr(expression),
            )
        )
    try:
        return eval(expression, dict(space))
    except Exception as error:
        raise EditError(t("Cannot compute %1 again: %2", expression, error)) from error
