"""What a pass over the validation data says about one output: the base of the tasks' results."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.predictions.classification import ClassTable, Curves
from kwidgets.insight.predictions.collector import PassNumbers, worst_first
from kwidgets.language import Message


@dataclasses.dataclass(frozen=True)
class FigureValue:
    """A figure of a pass; ``direction`` says what is better."""

    name: str
    value: float
    direction: Literal["min", "max"]


@dataclasses.dataclass(frozen=True)
class SampleTexts:
    """The target and the prediction of a sample as text for people."""

    true: str
    predicted: str
    #: None where that has no meaning.
    right: bool | None
    #: Of the predicted class; None without classes.
    probability: float | None


class Results:
    """The results of one output after a pass.

    Args:
        numbers: of the pass.
        names: of the classes, by number; none for tasks without classes.
    """

    #: Whether column 0 is the model's own loss; that of a custom one is not known by sample, and a
    #: measure of the error stands for it.
    has_loss = True

    def __init__(self, numbers: PassNumbers, names: tuple[str, ...] = ()) -> None:
        self.numbers = numbers
        self.names = names

    @property
    def samples(self) -> int:
        return len(self.numbers.losses)

    @property
    def note(self) -> Message | None:
        """What to know about the targets."""
        return None

    def hint(self) -> Message | None:
        """Return what would be wrong after some epochs; None without."""
        return None

    def figures(self) -> list[FigureValue]:
        """Return the figures, most important first."""
        return self._loss()

    def table(self) -> ClassTable | None:
        """Return the figures of the classes; None without classes."""
        return None

    def confusion(self) -> NDArray[Any] | None:
        """Return the counts of (true, predicted); None where they are not counted."""
        return None

    def pairs(self) -> list[tuple[int, int, int]]:
        """Return the most frequent errors as (true, predicted, count)."""
        return []

    def curves(self) -> Curves | None:
        """Return ROC and precision-recall; None with more than two classes."""
        return None

    def reliability(self) -> list[tuple[float, float, int]]:
        """Return for each bin of the probability its mean, the share that was right, samples."""
        return []

    def mistakes(self) -> NDArray[np.intp]:
        """Return the numbers of the mistakes, worst first; of all samples without mistakes."""
        return worst_first(self.numbers.losses)

    def matching(self, true: int | None, predicted: int | None) -> NDArray[np.intp]:
        """Return the numbers of the samples with these classes, worst first."""
        return worst_first(self.numbers.losses)

    def texts(self, position: int) -> SampleTexts:
        """Return the sample's target and prediction as text."""
        row = self.numbers.rows.get(position, {})
        return SampleTexts(_short(row.get("y")), _short(row.get("p")), None, None)

    def top(self, position: int) -> list[tuple[str, float]]:
        """Return the most probable classes of a sample with their probabilities, five at most."""
        return []

    def loss(self, position: int) -> float:
        """Return the loss of a sample."""
        return float(self.numbers.losses[position])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the columns of a table with a row a sample."""
        return {"loss": self.numbers.losses}

    def nbytes(self) -> int:
        """Return the size of what is kept."""
        numbers = self.numbers
        return (
            numbers.columns.nbytes
            + numbers.losses.nbytes
            + sum(value.nbytes for value in numbers.sums.values())
            + sum(array.nbytes for row in numbers.rows.values() for array in row.values())
        )

    def _loss(self) -> list[FigureValue]:
        """Return the mean loss, if it is known."""
        losses = self.numbers.losses
        mean = float(losses.mean(dtype=np.float64)) if losses.size else float("nan")
        return [FigureValue("loss", mean, "min")] if self.has_loss else []


def _short(value: NDArray[Any] | None) -> str:
    if value is None:
        return "–"
    flat = np.asarray(value).reshape(-1)
    text = ", ".join(f"{number:.4g}" for number in flat[:4].tolist())
    return f"{text} …" if flat.size > 4 else text
