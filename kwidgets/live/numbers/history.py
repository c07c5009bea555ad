"""Define ``kwidgets.History``: the values of a fit for users, like Keras's ``History``."""

from __future__ import annotations

import csv
import dataclasses
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from kwidgets.language import translated
from kwidgets.live.numbers.bounded_table import FloatArray
from kwidgets.live.protocol import Mark, MarkKind


class HistoryMark(TypedDict):
    """A mark on the curves, its text in the kernel's language."""

    kind: MarkKind
    text: str
    step: float
    epoch: float
    seconds: float


def history_mark(mark: Mark) -> HistoryMark:
    """Return a mark with its text translated."""
    return HistoryMark(
        kind=mark["kind"],
        text=translated(mark["text"]),
        step=mark["step"],
        epoch=mark["epoch"],
        seconds=mark["seconds"],
    )


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class History(Mapping[str, FloatArray]):
    """The values of a fit so far, as columns.

    A mapping like Keras's ``History.history``: metric names, ``val_`` before validation ones, each
    a float64 array of shape (epochs,), with the value that Keras reports for the epoch (NaN where
    the epoch has none). ``epoch`` (numbered as Keras
    numbers them, from 0), ``step`` (batches finished in this fit) and ``seconds`` (of training,
    without pauses) give the position of each value. A log that is called as one of these three is
    in ``training/epoch``, ``training/step`` or ``training/seconds``.

    ``batches`` has the same columns per sample within the epochs: ``epoch`` is fractional there and
    ``mean/<metric>`` is the mean over the batches since the sample before (for metrics that have no
    mean over batches, such as AUC, Keras's running value). After very many samples (``CAPACITY``)
    one row combines several, and ``min/`` and ``max/`` columns have their extremes.

    ``marks`` lists what you did, what a callback such as ``ReduceLROnPlateau`` did, where a new
    fit continues the curves, and where the loss became NaN or infinite; each has ``kind``,
    ``text``, ``step``, ``epoch``, ``seconds``.

    A further fit of the same model continues the epochs, steps and seconds. After a rewind, these
    are the values of the branch: those of the checkpoint's step and before, and those after it.
    """

    epochs: dict[str, FloatArray]
    batches: dict[str, FloatArray]
    marks: tuple[HistoryMark, ...] = ()

    def __getitem__(self, name: str) -> FloatArray:
        try:
            return self.epochs[name]
        except KeyError:
            there = ", ".join(self.epochs)
            raise KeyError(f"the history has no {name!r} yet. Its keys are {there}") from None

    def __repr__(self) -> str:
        return (
            f"History({len(self.epochs['step'])} epochs of {', '.join(self.epochs)}; "
            f"{len(self.batches['step'])} samples of {', '.join(self.batches)})"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.epochs)

    def __len__(self) -> int:
        return len(self.epochs)

    def to_pandas(self, batches: bool = False) -> Any:
        """Return a ``pandas.DataFrame`` with a row an epoch, or a sample within the epochs.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                "to_pandas() requires pandas. Run pip install pandas. "
                "to_csv() and the columns do not require it."
            ) from error
        return pd.DataFrame(self.batches if batches else self.epochs)

    def to_csv(self, path: str | os.PathLike[str], batches: bool = False) -> None:
        """Write a CSV file with a row an epoch, or a sample within the epochs; NaN is left empty.

        Raises:
            OSError: the file cannot be written.
        """
        columns = self.batches if batches else self.epochs
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row in zip(*columns.values(), strict=True):
                writer.writerow("" if math.isnan(value) else f"{value:.10g}" for value in row)
