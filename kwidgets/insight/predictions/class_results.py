"""Results of classification, with two or more classes."""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.predictions import classification
from kwidgets.insight.predictions.classification import ClassTable, Curves
from kwidgets.insight.predictions.collector import worst_first
from kwidgets.insight.predictions.results import FigureValue, Results, SampleTexts
from kwidgets.language import Message, message

#: With more classes the matrix is not made: it would have millions of cells.
MAX_MATRIX_CLASSES: Final = 1_000
#: Fewer samples say too little about whether a model guesses.
MIN_GUESSES: Final = 50


class ClassResults(Results):
    """Results of an output that chooses one of several classes."""

    #: Whether the model's loss takes probabilities; that of logits, or a hinge, does not.
    takes_probabilities = False

    @property
    def classes(self) -> int:
        return len(self.names)

    @functools.cached_property
    def true(self) -> NDArray[np.int32]:
        return _integers(self.numbers.columns[:, 1])

    @functools.cached_property
    def predicted(self) -> NDArray[np.int32]:
        """The predicted classes; −1 where a prediction is NaN."""
        return _integers(self.numbers.columns[:, 2])

    @property
    def probability(self) -> NDArray[np.float32]:
        """The probability of each predicted class."""
        return self.numbers.columns[:, 4]

    @functools.cached_property
    def note(self) -> Message | None:
        outside = int(((self.true < 0) | (self.true >= self.classes)).sum())
        if outside:
            return message(
                "Targets outside the class numbers 0 to %2, which are left out: %1",
                f"{outside:,}",
                str(self.classes - 1),
            )
        if len(self.true) < self.samples:
            return message("From the first %1 samples.", f"{len(self.true):,}")
        unknown = int((self.predicted < 0).sum())
        if unknown:
            return message("Predictions that are NaN: %1", f"{unknown:,}")
        return self._no_probabilities()

    def _no_probabilities(self) -> Message | None:
        columns = self.numbers.columns[:, 3:5]
        if not self.takes_probabilities or not columns.size:
            return None
        low, high = float(columns.min()), float(columns.max())
        # Of half precision, probabilities may be a little above 1.
        if low >= -0.02 and high <= 1.02:
            return None
        return message(
            "The loss expects probabilities, but the model outputs numbers from %1 to %2. Add "
            "softmax or sigmoid to its last layer, or pass from_logits=True to the loss.",
            f"{low:.3g}",
            f"{high:.3g}",
        )

    def hint(self) -> Message | None:
        if len(self.true) < MIN_GUESSES or not self._is_guessed():
            return None
        return message(
            "Not better than guessing. If this stays so, check that each target belongs to its "
            "row, the learning rate, and the tabs Layers and Data."
        )

    def _is_guessed(self) -> bool:
        """Return whether the predictions are, within what chance does, independent of the class."""
        table = self.table()
        known = table.support > 0
        support, classes = table.support[known], int(known.sum())
        if classes < 2:
            return False
        if self.classes == 2:
            area, chance = self.curves().auc, float(np.sqrt((1 / support).sum() / 12))
            return bool(area <= 0.5 + 2 * chance)
        # Always the same class, and any class by chance, have this mean recall.
        share = 1 / classes
        chance = float(np.sqrt((share * (1 - share) / support).sum())) / classes
        return bool(table.recall[known].mean() <= share + 2 * chance)

    def figures(self) -> list[FigureValue]:
        table, right = self.table(), self.true == self.predicted
        accuracy = float(right.mean()) if right.size else float("nan")
        figures = [FigureValue("accuracy", accuracy, "max")]
        if self.classes == 2:
            values = (table.precision[1], table.recall[1], table.f1[1])
            names = ("precision", "recall", "F1")
            figures += [
                FigureValue(name, float(value), "max")
                for name, value in zip(names, values, strict=True)
            ]
            figures.append(FigureValue("AUC", self.curves().auc, "max"))
        else:
            figures.append(FigureValue("mean F1", _mean(table.f1), "max"))
        return [*figures, *self._loss()]

    def table(self) -> ClassTable:
        return self._table

    @functools.cached_property
    def _table(self) -> ClassTable:
        return classification.class_table(self.true, self.predicted, self.classes)

    def confusion(self) -> NDArray[Any] | None:
        if self.classes > MAX_MATRIX_CLASSES:
            return None
        return classification.confusion(self.true, self.predicted, self.classes)

    def pairs(self) -> list[tuple[int, int, int]]:
        return classification.most_confused(self.true, self.predicted, self.classes)

    def curves(self) -> Curves:
        return self._curves

    @functools.cached_property
    def _curves(self) -> Curves:
        if self.classes != 2:
            return Curves([], [], float("nan"))
        score = np.where(self.predicted == 1, self.probability, 1 - self.probability)
        known = (self.true == 0) | (self.true == 1)
        return classification.curves(self.true[known] == 1, score[known])

    def reliability(self) -> list[tuple[float, float, int]]:
        return classification.reliability(self.probability, self.true == self.predicted)

    def mistakes(self) -> NDArray[np.intp]:
        wrong = np.flatnonzero(self.true != self.predicted)
        return wrong[worst_first(self.numbers.losses[wrong])]

    def matching(self, true: int | None, predicted: int | None) -> NDArray[np.intp]:
        if true is None and predicted is None:
            return self.mistakes()
        kept = np.ones(len(self.true), bool)
        if true is not None:
            kept &= self.true == true
        if predicted is not None:
            kept &= self.predicted == predicted
        found = np.flatnonzero(kept)
        return found[worst_first(self.numbers.losses[found])]

    def name(self, number: int) -> str:
        """Return the name of a class; its number where there is none."""
        return self.names[number] if 0 <= number < self.classes else str(number)

    def texts(self, position: int) -> SampleTexts:
        true, predicted = int(self.true[position]), int(self.predicted[position])
        return SampleTexts(
            true=self.name(true),
            predicted=self.name(predicted) if predicted >= 0 else "NaN",
            right=true == predicted,
            probability=float(self.probability[position]),
        )

    def top(self, position: int) -> list[tuple[str, float]]:
        row = self.numbers.rows.get(position, {}).get("p")
        if row is None:
            true, predicted = int(self.true[position]), int(self.predicted[position])
            found = {predicted: float(self.probability[position])}
            found.setdefault(true, float(self.numbers.columns[position, 3]))
            return [(self.name(number), value) for number, value in found.items()]
        values = np.asarray(row, np.float64).reshape(-1)
        if values.size == 1:
            values = np.array([1 - values[0], values[0]])
        order = np.argsort(-np.nan_to_num(values), kind="stable")[:5]
        return [(self.name(int(i)), float(values[i])) for i in order]

    def arrays(self) -> dict[str, NDArray[Any]]:
        columns = self.numbers.columns
        return {
            "true": self.true,
            "predicted": self.predicted,
            "probability": columns[:, 4],
            "probability_of_true": columns[:, 3],
            "loss": columns[:, 0],
        }


def _integers(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return class numbers; −1 for what is none."""
    whole = np.where(np.isfinite(values) & (values == np.round(values)), values, -1)
    return np.clip(whole, -1, 2**24).astype(np.int32)


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
