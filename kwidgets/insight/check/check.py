"""``kw.check(model, x, y)``: check a model with its data before training."""

from __future__ import annotations

import numbers
import sys
from collections.abc import Iterable
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.insight.check.argument_names import argument_names, caller
from kwidgets.insight.check.findings import find
from kwidgets.insight.data import dismissed
from kwidgets.insight.data.finding import Finding
from kwidgets.insight.data.html import findings_html
from kwidgets.insight.data.text import findings_text
from kwidgets.keras2 import is_keras2

_PARAMETERS = [
    "model",
    "x",
    "y",
    "batch_size",
    "epochs",
    "validation_data",
    "validation_split",
    "callbacks",
    "class_weight",
    "sample_weight",
    "shuffle",
]
_OTHER_ARGUMENTS = {
    "verbose",
    "initial_epoch",
    "steps_per_epoch",
    "validation_steps",
    "validation_batch_size",
    "validation_freq",
}


class Checked:
    """What :func:`kwidgets.check` has found, at the time of the call."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self._all = findings

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, worst first, without those that you have dismissed."""
        hidden = dismissed.dismissed_ids()
        return tuple(each for each in self._all if each.id not in hidden)

    @property
    def dismissed(self) -> tuple[Finding, ...]:
        """The findings that you have dismissed."""
        hidden = dismissed.dismissed_ids()
        return tuple(each for each in self._all if each.id in hidden)

    def to_text(self) -> str:
        """Return the findings as text; "No problems found." if there are none."""
        return findings_text(self.findings, len(self.dismissed))

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/html": wire.encodable(findings_html(self.findings, len(self.dismissed))),
            "text/plain": wire.encodable(self.to_text()),
        }


class Check:
    """Check a model with its data before training, as in ``kw.check(model, x, y)``.

    Finds mistakes in a Sequential or functional model, in ``compile`` and ``fit``, and in the data.
    Each finding names the layer or argument, and the line of code to change. The model is not
    changed, built or trained.
    """

    def __call__(
        self,
        model: keras.Model,
        x: Any = None,
        y: Any = None,
        *,
        batch_size: int | None = None,
        epochs: int = 1,
        validation_data: Any = None,
        validation_split: float = 0.0,
        callbacks: Any = None,
        class_weight: Any = None,
        sample_weight: Any = None,
        shuffle: Any = True,
        **others: Any,
    ) -> Checked:
        """Return what is wrong with a model, worst first.

        Args:
            model: compiled or not, built or not. A model of your own class may compute anything:
                of it, only the data is checked.
            x, y: as you pass them to ``fit``.
            batch_size, epochs, validation_data, validation_split: as you pass them to ``fit``.
            callbacks, class_weight, sample_weight, shuffle: as you pass them to ``fit``.
            others: other arguments of ``fit``, such as ``verbose``, about which there are no rules.

        Raises:
            TypeError: ``model`` is not a model, or ``fit`` has no such argument.
            ValueError: ``validation_split`` or ``batch_size`` is no number that ``fit`` takes.
        """
        unknown = set(others) - _OTHER_ARGUMENTS
        if unknown:
            listed = ", ".join(sorted(unknown))
            raise TypeError(f"kwidgets.check takes the arguments of fit; fit has no {listed}.")
        model = model_of(model, "check")
        check_numbers(validation_split, batch_size)
        arguments = {
            "x": x,
            "y": y,
            "batch_size": batch_size,
            "epochs": epochs,
            "validation_data": validation_data,
            "validation_split": validation_split,
            "callbacks": callbacks,
            "class_weight": class_weight,
            "sample_weight": sample_weight,
            "shuffle": shuffle,
        }
        names = argument_names(caller(), _PARAMETERS, {"model": model, **arguments})
        return Checked(find(model, arguments, names)[1])

    def dismiss(self, finding: str | Finding | Iterable[str]) -> None:
        """Hide a finding permanently, by itself or its id, in the folder of this notebook.

        The ids are kept in ``.kwidgets/dismissed-findings.json`` beside the notebook.
        """
        dismissed.dismiss(finding.id if isinstance(finding, Finding) else finding)

    def restore(self, finding: str | Finding | Iterable[str] | None = None) -> None:
        """Show a dismissed finding again; all of them without an argument."""
        dismissed.restore(finding.id if isinstance(finding, Finding) else finding)

    @property
    def dismissed(self) -> list[str]:
        """The ids of the findings that are dismissed in the folder of this notebook."""
        return sorted(dismissed.dismissed_ids())

    def __repr__(self) -> str:
        return "kwidgets.check: call it with a model and data, as kw.check(model, x, y)"


def check_numbers(validation_split: Any, batch_size: Any = None) -> None:
    """Raise ValueError for numbers that ``fit`` does not take."""
    is_share = isinstance(validation_split, numbers.Real) and 0 <= float(validation_split) < 1
    if validation_split is not None and not is_share:
        raise ValueError(
            f"validation_split must be at least 0 and less than 1; got {validation_split!r}."
        )
    is_count = isinstance(batch_size, numbers.Integral) and int(batch_size) >= 1
    if batch_size is not None and not is_count:
        raise ValueError(f"batch_size must be an integer of at least 1; got {batch_size!r}.")


def model_of(model: Any, function: str) -> keras.Model:
    """Return the Keras model that ``function`` was given, of a builder its own."""
    builder = sys.modules.get("kwidgets.builder.sequential")
    if builder is not None and isinstance(model, builder.SequentialBuilder):
        model = model.model
    if is_keras2(model):
        raise TypeError(
            f"kwidgets.{function} reads models of Keras 3; got a model of Keras 2 "
            f"({type(model).__module__.partition('.')[0]}.{type(model).__name__})."
        )
    if not isinstance(model, keras.Model):
        what = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        call = "check(model, x, y)" if function == "check" else f"{function}(x, y, model=model)"
        raise TypeError(
            f"kwidgets.{function} requires a keras.Model; got {what}. Pass the model itself: "
            f"kwidgets.{call}."
        )
    return model


check = Check()
