"""What a model predicted after one epoch, for users: plain data, NumPy and pandas."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.predictions.class_results import ClassResults
from kwidgets.insight.predictions.results import FigureValue, Results
from kwidgets.insight.protocol import Task
from kwidgets.insight.samples.inputs import Inputs, SampleInputs
from kwidgets.language import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from kwidgets.insight.explain.explained import Explained

    Explain = Callable[["SamplePrediction", "EpochPredictions"], Explained]

Source = Literal["validation", "training", "evaluate"]
#: The mistakes and samples that are listed.
MISTAKES = 24
#: Before this epoch most models guess.
HINT_EPOCH = 3


@dataclasses.dataclass(frozen=True)
class ClassFigures:
    """The figures of one class. NaN where a figure is not defined."""

    name: str
    support: int
    predicted: int
    precision: float
    recall: float
    f1: float
    iou: float


@dataclasses.dataclass(frozen=True)
class SamplePrediction:
    """One sample and its prediction.

    Args:
        position: its number in the validation data.
        index: its row in your data; None where it is not known, as in ``tf.data``.
        code: fetches it, such as ``x_test[2135]``; "" where it is not known.
        true: the target as text.
        predicted: the prediction as text.
        right: whether they are the same; None where that has no meaning.
        probability: of the predicted class; None without classes.
        loss: unweighted.
        top: the most probable classes with their probabilities.
        inputs: what the model was given; None where it is gone.
        shown: the predictions that it is one of.
    """

    position: int
    index: int | None
    code: str
    true: str
    predicted: str
    right: bool | None
    probability: float | None
    loss: float
    top: list[tuple[str, float]]
    inputs: Inputs | None = dataclasses.field(repr=False, compare=False)
    shown: EpochPredictions | None = dataclasses.field(default=None, repr=False, compare=False)

    def explain(self) -> Explained:
        """Return which parts of the inputs count for the prediction.

        Grad-CAM for convolutional models, occlusion for others, with the weights that the model has
        now. The model stays as it is; during a training this waits for the next step.

        Raises:
            RuntimeError: it cannot be explained; the message says why.
        """
        if self.shown is None or self.shown.explainer is None:
            raise RuntimeError("There is no model to explain this prediction.")
        return self.shown.explainer(self, self.shown)


class EpochPredictions:
    """What a model predicted after one epoch, for one of its outputs.

    Args:
        epoch: counted as in the charts.
        output: its name.
        task: how it is read.
        source: the data on which it was predicted.
        results: of the pass.
        inputs: fetches the samples.
    """

    def __init__(
        self,
        epoch: int,
        output: str,
        task: Task,
        source: Source,
        results: Results,
        inputs: SampleInputs,
    ) -> None:
        self.epoch = epoch
        self.output = output
        self.task = task
        self.source = source
        self.results = results
        self.inputs = inputs
        #: Explains one of the samples; None where nothing does.
        self.explainer: Explain | None = None

    def __repr__(self) -> str:
        figures = ", ".join(f"{name} {value:.4g}" for name, value in self.figures.items())
        return (
            f"<EpochPredictions: epoch {self.epoch}, {self.task}, {self.samples:,} samples, "
            f"{figures}>"
        )

    @property
    def note(self) -> Message | None:
        """What to know about the targets and predictions."""
        note = self.results.note
        if note is None and self.source == "validation" and self.epoch >= HINT_EPOCH:
            note = self.results.hint()
        return note

    @property
    def samples(self) -> int:
        """The number of samples."""
        return self.results.samples

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, by number; empty for tasks without classes."""
        return self.results.names

    @functools.cached_property
    def figure_values(self) -> list[FigureValue]:
        return self.results.figures()

    @property
    def figures(self) -> dict[str, float]:
        """The figures by name, most important first, such as accuracy or R²."""
        return {figure.name: figure.value for figure in self.figure_values}

    @property
    def confusion(self) -> NDArray[Any] | None:
        """Counts of (true, predicted), (classes, classes); None where there is no matrix."""
        return self.results.confusion()

    @property
    def most_confused(self) -> list[tuple[str, str, int]]:
        """The most frequent errors as (true, predicted, count), at most 200."""
        names = self.class_names
        return [(names[a], names[b], count) for a, b, count in self.results.pairs()]

    @property
    def classes(self) -> list[ClassFigures]:
        """The figures of the classes, by number; empty for tasks without classes."""
        table = self.results.table()
        if table is None:
            return []
        columns = (
            table.support,
            table.predicted,
            table.precision,
            table.recall,
            table.f1,
            table.iou,
        )
        rows = zip(self.class_names, *(column.tolist() for column in columns), strict=True)
        return [ClassFigures(*row) for row in rows]

    @property
    def mistakes(self) -> list[SamplePrediction]:
        """The worst mistakes, those with the largest loss first, at most 24."""
        return [self.sample(i) for i in self.results.mistakes()[:MISTAKES].tolist()]

    @property
    def watched(self) -> list[SamplePrediction]:
        """The first samples, the same after each epoch, at most 12."""
        return [self.sample(i) for i in range(self.results.numbers.first)]

    def where(
        self, true: int | str | None = None, predicted: int | str | None = None
    ) -> list[SamplePrediction]:
        """Return the samples of a cell of the matrix, the largest loss first, at most 24.

        Args:
            true: the number or name of the true class; None for all.
            predicted: the number or name of the predicted class; None for all.

        Raises:
            ValueError: there is no class of that name.
        """
        found = self.results.matching(self._number(true), self._number(predicted))
        return [self.sample(i) for i in found[:MISTAKES].tolist()]

    def _number(self, name: int | str | None) -> int | None:
        if not isinstance(name, str):
            return name
        if name not in self.class_names:
            raise ValueError(
                f"No class {name!r}. The classes are {', '.join(self.class_names[:20])}."
            )
        return self.class_names.index(name)

    def sample(self, position: int) -> SamplePrediction:
        """Return a sample by its number in the validation data.

        Raises:
            IndexError: there are fewer samples.
        """
        if not 0 <= position < self.samples:
            raise IndexError(f"There is no sample {position}; there are {self.samples:,}.")
        texts = self.results.texts(position)
        return SamplePrediction(
            position=position,
            index=self.inputs.index(position),
            code=self.inputs.code(position),
            true=texts.true,
            predicted=texts.predicted,
            right=texts.right,
            probability=texts.probability,
            loss=self.results.loss(position),
            top=self.results.top(position),
            inputs=self.inputs.get(position, self.results.numbers.rows.get(position)),
            shown=self,
        )

    def to_pandas(self) -> pd.DataFrame:
        """Return a table with a row a sample; names of classes are categories.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas as pd

        columns: dict[str, Any] = {}
        for name, values in self.results.arrays().items():
            if isinstance(self.results, ClassResults) and name in ("true", "predicted"):
                names = list(self.class_names)
                known = np.where(values < len(names), values, -1)
                columns[name] = pd.Categorical.from_codes(known, names)
            else:
                columns[name] = values
        return pd.DataFrame(columns)
