"""Results of outputs with several labels a sample."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.predictions.classification import ClassTable
from kwidgets.insight.predictions.collector import worst_first
from kwidgets.insight.predictions.multi_label import table_at
from kwidgets.insight.predictions.results import FigureValue, Results, SampleTexts

THRESHOLD = 0.5


class LabelResults(Results):
    """Results of an output in which each class is present or not."""

    @property
    def scores(self) -> NDArray[np.float64]:
        """Counts by score, (2, classes, bins): of samples without and with the label."""
        return self.numbers.sums["scores"]

    @functools.cached_property
    def wrong(self) -> NDArray[np.int32]:
        """The number of wrong labels of each sample."""
        return self.numbers.columns[:, 1].astype(np.int32)

    def table(self) -> ClassTable:
        return self._table

    @functools.cached_property
    def _table(self) -> ClassTable:
        return table_at(self.scores, THRESHOLD)

    def figures(self) -> list[FigureValue]:
        table = self.table()
        whole = table.support.sum() + table.predicted.sum()
        micro = float(2 * table.right.sum() / whole) if whole else float("nan")
        known = table.f1[~np.isnan(table.f1)]
        exact = float((self.wrong == 0).mean()) if self.wrong.size else float("nan")
        return [
            FigureValue("F1", micro, "max"),
            FigureValue("mean F1", float(known.mean()) if known.size else float("nan"), "max"),
            FigureValue("all labels right", exact, "max"),
            *self._loss(),
        ]

    def mistakes(self) -> NDArray[np.intp]:
        wrong = np.flatnonzero(self.wrong > 0)
        return wrong[worst_first(self.numbers.losses[wrong])]

    def matching(self, true: int | None, predicted: int | None) -> NDArray[np.intp]:
        """Return the mistakes; of a class, those among the kept rows that are about it."""
        found = self.mistakes()
        chosen = true if true is not None else predicted
        if chosen is None:
            return found
        kept = []
        for position in found.tolist():
            row = self.numbers.rows.get(position)
            if row is None or "y" not in row or "p" not in row:
                continue
            has, said = (
                row["y"].reshape(-1)[chosen] > 0.5,
                row["p"].reshape(-1)[chosen] >= THRESHOLD,
            )
            if has != said and (true is None or has) and (predicted is None or said):
                kept.append(position)
        return np.array(kept, np.intp)

    def texts(self, position: int) -> SampleTexts:
        row = self.numbers.rows.get(position, {})
        right = not self.wrong[position]
        if "y" not in row or "p" not in row:
            return SampleTexts("", "", right, None)
        true, predicted = (self._labels(row[name].reshape(-1) >= THRESHOLD) for name in ("y", "p"))
        return SampleTexts(true, predicted, right, None)

    def _labels(self, present: NDArray[np.bool_]) -> str:
        return ", ".join(self.names[i] for i in np.flatnonzero(present).tolist()) or "–"

    def top(self, position: int) -> list[tuple[str, float]]:
        row = self.numbers.rows.get(position, {}).get("p")
        if row is None:
            return []
        values = np.asarray(row, np.float64).reshape(-1)
        order = np.argsort(-np.nan_to_num(values), kind="stable")[:5]
        return [(self.names[int(i)], float(values[i])) for i in order]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"wrong_labels": self.wrong, "loss": self.numbers.columns[:, 0]}
