"""Results of outputs with a class at each place: the pixels of a picture, the tokens of a text."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.predictions.classification import (
    ClassTable,
    confused_pairs,
    table_of_confusion,
)
from kwidgets.insight.predictions.collector import PassNumbers
from kwidgets.insight.predictions.results import FigureValue, Results, SampleTexts
from kwidgets.language import t


class PlaceResults(Results):
    """Results of a segmentation, or of token classes.

    Args:
        numbers: of the pass.
        names: of the classes.
        is_picture: whether the places are pixels.
    """

    def __init__(self, numbers: PassNumbers, names: tuple[str, ...], is_picture: bool) -> None:
        super().__init__(numbers, names)
        self.is_picture = is_picture

    def table(self) -> ClassTable:
        return self._table

    @functools.cached_property
    def _table(self) -> ClassTable:
        sums = self.numbers.sums
        if "confusion" in sums:
            return table_of_confusion(sums["confusion"])
        right, support, predicted = sums["places"].astype(np.int64)
        return ClassTable(support, predicted, right)

    def confusion(self) -> NDArray[Any] | None:
        counts = self.numbers.sums.get("confusion")
        return None if counts is None else counts.astype(np.int64)

    def pairs(self) -> list[tuple[int, int, int]]:
        counts = self.confusion()
        return [] if counts is None else confused_pairs(counts)

    def figures(self) -> list[FigureValue]:
        table = self.table()
        whole = table.support.sum()
        accuracy = float(table.right.sum() / whole) if whole else float("nan")
        name, values = ("mean IoU", table.iou) if self.is_picture else ("mean F1", table.f1)
        known = values[~np.isnan(values)]
        mean = FigureValue(name, float(known.mean()) if known.size else float("nan"), "max")
        right = FigureValue("accuracy", accuracy, "max")
        return [*((mean, right) if self.is_picture else (right, mean)), *self._loss()]

    def texts(self, position: int) -> SampleTexts:
        if position >= len(self.numbers.columns):
            return SampleTexts("", "–", None, None)
        _, right, places = self.numbers.columns[position].tolist()
        if self.is_picture:
            share = right / places if places else float("nan")
            return SampleTexts("", t("%1 % of pixels right", f"{100 * share:.1f}"), None, None)
        row = self.numbers.rows.get(position, {})
        true, predicted = (self._sequence(row[name]) if name in row else "" for name in ("y", "p"))
        if not predicted:
            predicted = t("%1 of %2 right", f"{right:,.0f}", f"{places:,.0f}")
        return SampleTexts(true, predicted, right == places, None)

    def _sequence(self, numbers: NDArray[Any]) -> str:
        listed = np.asarray(numbers).reshape(-1)[:30].astype(int).tolist()
        names = [self.names[i] if 0 <= i < len(self.names) else str(i) for i in listed]
        return " ".join(names) + (" …" if np.size(numbers) > 30 else "")

    def arrays(self) -> dict[str, NDArray[Any]]:
        columns = self.numbers.columns
        return {"right": columns[:, 1], "places": columns[:, 2], "loss": columns[:, 0]}
