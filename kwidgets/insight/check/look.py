"""``kw.look(x, y)``: look at data before training, and what it returns."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.insight.check.argument_names import argument_names, caller
from kwidgets.insight.check.check import check_numbers, model_of
from kwidgets.insight.check.findings import find
from kwidgets.insight.data.classes import ClassCount
from kwidgets.insight.data.dismissed import dismissed_ids
from kwidgets.insight.data.finding import Finding
from kwidgets.insight.data.html import report_html
from kwidgets.insight.data.report import Report, ValueRange
from kwidgets.insight.data.samples import DataSample
from kwidgets.insight.data.text import report_text

_PARAMETERS = ["x", "y", "validation_data", "validation_split", "model"]


class Looked:
    """What :func:`kwidgets.look` has found in data, at the time of the call."""

    def __init__(self, report: Report, findings: tuple[Finding, ...]) -> None:
        self._report = report
        self._all = findings

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, worst first, without those that you have dismissed."""
        hidden = dismissed_ids()
        return tuple(each for each in self._all if each.id not in hidden)

    @property
    def dismissed(self) -> tuple[Finding, ...]:
        """The findings that you have dismissed."""
        hidden = dismissed_ids()
        return tuple(each for each in self._all if each.id in hidden)

    @property
    def balance(self) -> tuple[ClassCount, ...]:
        """The rows of each class in training and validation; empty without classes."""
        return self._report.balance

    @property
    def ranges(self) -> tuple[ValueRange, ...]:
        """What each input and target holds. Of more than a million values, a sample."""
        return self._report.ranges

    @property
    def samples(self) -> tuple[DataSample, ...]:
        """Rows from all over the training data, 12 at most."""
        return self._report.samples

    def to_text(self) -> str:
        """Return the findings, ranges and classes as text."""
        return report_text(self._report, self.findings, len(self.dismissed))

    def to_pandas(self) -> Any:
        """Return the ranges as a ``pandas.DataFrame`` with a row for each input and target.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_pandas() requires pandas. Run pip install pandas.") from error
        names = ("name", "split", "shape", "dtype", "low", "high", "mean", "deviation", "nan")
        rows = [
            {name: getattr(each, name) for name in (*names, "infinite")} for each in self.ranges
        ]
        return pd.DataFrame(rows, columns=[*names, "infinite"])

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/html": wire.encodable(
                report_html(self._report, self.findings, len(self.dismissed))
            ),
            "text/plain": wire.encodable(self.to_text()),
        }


def look(
    x: Any,
    y: Any = None,
    validation_data: Any = None,
    validation_split: float = 0.0,
    model: keras.Model | None = None,
) -> Looked:
    """Look at data before training: what is missing, out of scale, rare, or known before.

    Finds NaN and infinite values, validation data on another scale or with rows of the training
    data, missing and rare classes, labels in order under ``validation_split``, constant columns,
    columns that give the target away, and values that are no numbers. The data is not changed.

    NaN are counted in all values, ranges are of a sample of a million. Of a dataset, the first
    batches are read; a generator is not, because that would use it up.

    Args:
        x: inputs, as ``fit`` takes them: arrays, tables, tensors, dicts or lists of them, or a
            ``tf.data.Dataset``, ``PyDataset`` or ``DataLoader``.
        y: targets.
        validation_data: as ``fit`` takes it.
        validation_split: as ``fit`` takes it.
        model: whose inputs and loss the data should fit; it is not changed.

    Returns:
        the findings, classes, ranges and samples, shown as a table in a notebook.

    Raises:
        TypeError: ``model`` is not a model.
        ValueError: ``validation_split`` is no number that ``fit`` takes.
    """
    if model is not None:
        model = model_of(model, "look")
    check_numbers(validation_split)
    names = argument_names(
        caller(),
        _PARAMETERS,
        {"x": x, "y": y, "validation_data": validation_data, "model": model},
    )
    report, findings = find(
        model,
        {
            "x": x,
            "y": y,
            "validation_data": validation_data,
            "validation_split": validation_split,
        },
        names,
        about_data_only=True,
    )
    return Looked(report, findings)
