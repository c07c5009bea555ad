"""Results of outputs that are numbers: regression, forecasts, pictures."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.predictions.results import FigureValue, Results, SampleTexts
from kwidgets.insight.predictions.values import ErrorSums
from kwidgets.language import Message, message, t


class RegressionResults(Results):
    """Results of an output with a few numbers a sample; of many, the first ones are kept."""

    @property
    def width(self) -> int:
        """The number of columns that are kept."""
        return (int(self.numbers.columns.shape[1]) - 1) // 2

    @property
    def note(self) -> Message | None:
        whole = self.numbers.sums["sums"].shape[-1]
        if whole > self.width:
            return message("The first %1 of %2 columns are shown.", str(self.width), str(whole))
        return None

    def hint(self) -> Message | None:
        r2 = next(each.value for each in self.figures() if each.name == "R²")
        if self.samples < 50 or not r2 <= 0:
            return None
        return message(
            "Not better than always predicting the mean. If this stays so, check the scale of "
            "inputs and targets, the learning rate, and the tabs Layers and Data."
        )

    @property
    def true(self) -> NDArray[np.float32]:
        """Targets, (samples, columns)."""
        return self.numbers.columns[:, 1 : 1 + self.width]

    @property
    def predicted(self) -> NDArray[np.float32]:
        """Predictions, (samples, columns)."""
        return self.numbers.columns[:, 1 + self.width :]

    @functools.cached_property
    def totals(self) -> ErrorSums:
        return ErrorSums(*self.numbers.sums["sums"].sum(axis=-1).tolist())

    def figures(self) -> list[FigureValue]:
        # R² of several columns is the mean of theirs, as in scikit-learn.
        each = [ErrorSums(*column) for column in self.numbers.sums["sums"].T.tolist()]
        return [
            FigureValue("MAE", self.totals.mae, "min"),
            FigureValue("RMSE", self.totals.rmse, "min"),
            FigureValue("R²", float(np.mean([sums.r2 for sums in each])), "max"),
            *self._loss(),
        ]

    def texts(self, position: int) -> SampleTexts:
        if position >= len(self.numbers.columns):
            return SampleTexts("–", "–", None, None)
        return SampleTexts(
            _listed(self.true[position]), _listed(self.predicted[position]), None, None
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        columns: dict[str, NDArray[Any]] = {}
        for name, values in (("true", self.true), ("predicted", self.predicted)):
            for i in range(self.width):
                columns[name if self.width == 1 else f"{name}_{i}"] = values[:, i]
        return {**columns, "loss": self.numbers.columns[:, 0]}


class DistanceResults(Results):
    """Results of an output with many numbers a sample: a forecast or a picture."""

    def figures(self) -> list[FigureValue]:
        means = self.numbers.columns[:, 1:].astype(np.float64).sum(axis=0)
        sums = ErrorSums(float(len(self.numbers.columns)), *means.tolist())
        return [
            FigureValue("MAE", sums.mae, "min"),
            FigureValue("RMSE", sums.rmse, "min"),
            FigureValue("R²", sums.r2, "max"),
            *self._loss(),
        ]

    def texts(self, position: int) -> SampleTexts:
        if position >= len(self.numbers.columns):
            return SampleTexts("", "–", None, None)
        error = float(self.numbers.columns[position, 3])
        return SampleTexts("", t("mean error %1", f"{error:.3g}"), None, None)

    def arrays(self) -> dict[str, NDArray[Any]]:
        columns = self.numbers.columns
        return {
            "mean_absolute_error": columns[:, 3],
            "mean_squared_error": columns[:, 2],
            "loss": columns[:, 0],
        }


def _listed(values: NDArray[np.float32]) -> str:
    return ", ".join(f"{value:.4g}" for value in values.tolist())
