"""Smaller copies that a page has asked for; each is a variable until it is undone."""

from __future__ import annotations

import itertools
import keyword
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from kwidgets.formats import protocol
from kwidgets.formats.errors import FormatError
from kwidgets.formats.page.encode import encode_metrics
from kwidgets.formats.page.find_model import find_model, refuse_while_training
from kwidgets.formats.protocol import SlimMethod
from kwidgets.formats.slim_model import Slimmed, check_method, slim_with
from kwidgets.formats.slimming.slimmed import METHODS
from kwidgets.kernel.running_kernel import user_namespace
from kwidgets.language import t

# Kept so that they can be undone.
MAX_KEPT = 8


class Slims:
    """Makes smaller copies, and undoes them. Used by one thread.

    Args:
        namespace: returns the user's variables.
    """

    def __init__(self, namespace: Callable[[], Mapping[str, Any]]) -> None:
        self._namespace = namespace
        self._made: dict[str, tuple[Slimmed, str]] = {}
        self._numbers = itertools.count(1)

    def methods(self, model: Any) -> list[SlimMethod]:
        """Return the methods that a page offers for a model."""
        return list(METHODS) if getattr(model, "built", False) else []

    def start(self, payload: Mapping[str, Any]) -> protocol.SlimRow:
        """Make a smaller copy, and put it into a new variable.

        Raises:
            FormatError: the method does not fit the model.
            ValueError: there is no such method.
        """
        model = find_model(payload.get("model"))
        method = payload.get("method")
        check_method(method)
        refuse_while_training(model)
        namespace = self._namespace()
        pair = payload.get("validation")
        validation = None
        if isinstance(pair, list) and pair:
            missing = [name for name in pair if name not in namespace]
            if missing:
                raise FormatError(
                    t(
                        "There is no variable “%1” any more. Choose another one.",
                        str(missing[0])[:100],
                    )
                )
            values = tuple(namespace[name] for name in pair)
            validation = values if len(values) > 1 else values[0]
        slimmed = slim_with(model, cast(SlimMethod, method), None, validation, namespace)
        variable = _free_name(model, str(method), namespace)
        user_namespace()[variable] = slimmed.model
        slim = f"slim-{next(self._numbers)}"
        self._made[slim] = (slimmed, variable)
        for old in list(self._made)[:-MAX_KEPT]:
            del self._made[old]
        return _row(slim, slimmed, variable)

    def undo(self, payload: Mapping[str, Any]) -> protocol.SlimRow:
        """Remove the variable of a smaller copy.

        Raises:
            FormatError: it is no longer known.
        """
        slim = payload.get("slim")
        made = self._made.get(slim) if isinstance(slim, str) else None
        if made is None:
            raise FormatError(t("This smaller model is no longer known."))
        slimmed, variable = made
        variables = user_namespace()
        # Another value may have its name by now.
        if variables.get(variable) is slimmed.model:
            del variables[variable]
        slimmed.undo()
        return _row(str(slim), slimmed, None)


def _row(slim: str, slimmed: Slimmed, variable: str | None) -> protocol.SlimRow:
    facts = slimmed.facts
    return protocol.SlimRow(
        slim=slim,
        method=facts.method,
        variable=variable,
        metrics=encode_metrics(facts.metrics),
        bytes_before=facts.bytes_before,
        bytes_after=facts.bytes_after,
        notes=list(facts.notes),
        code=facts.code,
        undone=slimmed.undone,
    )


def _free_name(model: Any, method: str, namespace: Mapping[str, Any]) -> str:
    """Return a name for the smaller model: "net_int8" where the model is the variable "net"."""
    named = next((name for name, value in namespace.items() if value is model), None)
    base = re.sub(r"\W+", "_", named or str(model.name)).strip("_") or "model"
    if base[0].isdigit() or keyword.iskeyword(base):
        base = f"model_{base}"
    first = f"{base}_{method}"
    names = itertools.chain([first], (f"{first}_{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in namespace)
