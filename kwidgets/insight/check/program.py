"""A model with the arguments of its fit, as plain data that the rules need."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import keras

from kwidgets.builder.fit.fit_call import describe_callback
from kwidgets.builder.mistakes.loss_names import CLASS_LOSSES, REGRESSION_LOSSES, loss_of
from kwidgets.builder.spec import Value
from kwidgets.insight.check.model_view import ModelView, views_of
from kwidgets.insight.check.output_settings import compile_settings_of, settings_of_output
from kwidgets.keras2 import is_keras2
from kwidgets.lazy_tensorflow import without_importing_tensorflow

# Arguments of fit about which there are rules, besides the data.
_ARGUMENTS: Final = ("epochs", "batch_size", "validation_split", "shuffle")


@dataclasses.dataclass(frozen=True)
class Program:
    """A model and its settings, read once.

    Args:
        name: the name of the model's variable.
        views: its stacks; none of a model of one's own class.
        compile: the arguments of compile; None if it is not compiled.
        fit: plain arguments of fit, and the callbacks.
        input_names, output_names: of the model.
        is_weighted: whether fit gets ``class_weight`` or ``sample_weight``.
    """

    name: str
    views: tuple[ModelView, ...]
    compile: Mapping[str, Value] | None
    fit: Mapping[str, Value]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    is_weighted: bool = False

    def settings(self, view: ModelView) -> dict[str, Value] | None:
        """Return the settings of compile that belong to the output of a view."""
        if view.output is None:
            return None
        names = self.output_names
        name = names[view.output] if view.output < len(names) else ""
        return settings_of_output(self.compile, view.output, name, max(1, len(names)))

    @property
    def has_classes(self) -> bool | None:
        """Whether the loss is one for classes; None if it is not known."""
        given = (self.compile or {}).get("loss")
        loss = loss_of(given)
        if loss is None:
            # Counts are whole numbers, but no classes.
            name = str(getattr(given, "class_name", given)).rsplit(".", 1)[-1]
            is_poisson = name.lower() == "poisson"
            return False if is_poisson else None
        return (
            True if loss.name in CLASS_LOSSES else False if loss.name in REGRESSION_LOSSES else None
        )


@without_importing_tensorflow()
def describe_program(
    model: keras.Model, arguments: Mapping[str, Any], name: str = "model"
) -> Program:
    """Read a model and arguments of fit. The model is not changed, built or trained.

    On the training thread, if a fit is running: with JAX, variables have no values during a step.

    Args:
        model: any model.
        arguments: of fit; ``x`` is used for the shape of a sample only. ``is_split`` says that
            ``validation_data`` is what ``validation_split`` has taken.
        name: the name of the model's variable.
    """
    fit: dict[str, Value] = {}
    for argument in _ARGUMENTS:
        value = arguments.get(argument)
        if value is not None and isinstance(value, (bool, int, float)):
            fit[argument] = value
    given = arguments.get("validation_data") is not None and not arguments.get("is_split")
    if fit.get("validation_split") == 0 or given:
        fit.pop("validation_split", None)
    for argument, default in (("shuffle", True), ("epochs", 1)):
        if fit.get(argument) == default:
            del fit[argument]
    callbacks = arguments.get("callbacks") or ()
    if isinstance(callbacks, (list, tuple)):
        known = [describe_callback(each) for each in callbacks]
        if known:
            fit["callbacks"] = tuple(known)
    is_ours = not is_keras2(model)
    return Program(
        name,
        tuple(views_of(model, _shape_of(arguments.get("x")))) if is_ours else (),
        compile_settings_of(model) if is_ours else None,
        fit,
        tuple(getattr(model, "input_names", None) or ()),
        tuple(getattr(model, "output_names", None) or ()),
        arguments.get("class_weight") is not None or arguments.get("sample_weight") is not None,
    )


def _shape_of(x: Any) -> tuple[int | None, ...] | None:
    """Return the shape of a batch of x, or None."""
    shape = getattr(x, "shape", None)
    try:
        sizes = tuple(int(size) for size in shape) if shape is not None else ()
    except TypeError:
        return None
    if not sizes:
        return None
    # A column of numbers has samples of one number; Keras adds the dimension itself.
    return (None, *(sizes[1:] or (1,)))
