"""The targets that a model learns to predict: their shape, value range and form."""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

from kwidgets.builder.analysis import Shape
from kwidgets.builder.data import Statistics

# Class numbers begin near zero; prices and years do not.
_NOT_NEAR_ZERO: Final = 10
_FAR_FROM_ZERO: Final = 100
# With so few different values, a sample of the elements contains all of them.
_FEW_DISTINCT: Final = 32

# Class numbers, rows with a single 1, rows of 0s and 1s, other numbers, or objects that Keras
# cannot compute with.
TargetForm = Literal["integers", "one_hot", "multi_label", "numbers", "words"]


@dataclasses.dataclass(frozen=True)
class Targets:
    """What the model learns to predict.

    Args:
        name: of the variable.
        shape: of one sample's target; ``()`` is a single number. None when unknown.
        dtype: as NumPy names it.
        statistics: None where the values are unknown, as for a dataset.
        object_kind, samples: see ``DataInfo``.
        in_dataset: whether a dataset yields them.
        per_position: one value for each position of the model's output: each step of a sequence,
            each pixel of an image.
    """

    name: str
    shape: Shape | None
    dtype: str
    statistics: Statistics | None
    object_kind: str = ""
    samples: int | None = None
    in_dataset: bool = False
    per_position: bool = False

    @property
    def is_scalar(self) -> bool:
        """Whether each sample has a single number."""
        return self.shape in ((), (1,))

    @property
    def form(self) -> TargetForm | None:
        """What kind of targets they are; None when unknown."""
        values = self.statistics
        if not self.dtype.startswith(("int", "uint", "float", "bfloat", "bool")):
            return "words" if self.dtype else None
        if values is None or values.minimum is None or values.maximum is None:
            # Of a dataset only the dtype is known: single whole numbers are classes or counts.
            whole = self.dtype.startswith(("int", "uint"))
            return "integers" if whole and (self.is_scalar or self.per_position) else None
        if self.is_scalar:
            return "integers" if values.is_integer and not self._are_measurements else "numbers"
        if self.per_position:
            return "integers" if values.is_integer else "numbers"
        if values.is_one_hot:
            return "one_hot"
        is_flags = values.is_integer and values.minimum >= 0 and values.maximum <= 1
        return (
            "multi_label"
            if is_flags and self.shape is not None and len(self.shape) == 1
            else ("integers" if values.is_integer else "numbers")
        )

    @property
    def _are_measurements(self) -> bool:
        """Whether they are whole numbers but hardly classes, such as prices: many, far from 0."""
        values = self.statistics
        if values is None or values.minimum is None or values.minimum < _FAR_FROM_ZERO:
            return False
        if values.distinct is None:
            return True
        return self.samples is not None and 2 * values.distinct > self.samples >= 20

    @property
    def lowest(self) -> float | None:
        return None if self.statistics is None else self.statistics.minimum

    @property
    def highest(self) -> float | None:
        return None if self.statistics is None else self.statistics.maximum

    @property
    def distinct_values(self) -> int | None:
        """The number of different values, at least; None when unknown or more than a few."""
        values = self.statistics
        if values is None:
            return None
        return values.distinct if self.is_scalar else values.distinct_seen

    @property
    def must_be_renumbered(self) -> bool:
        """Whether whole numbers have large gaps: 10, 20, 30, or 0 and 255.

        With a unit for each number up to the highest, most units would have no class. Two
        labels other than 0 and 1 count too: 1 and 2.
        """
        low, high, distinct_values = self.lowest, self.highest, self.distinct_values
        if self.form != "integers" or low is None or high is None or low < 0 or high <= 1:
            return False
        if low >= _NOT_NEAR_ZERO:
            return True
        if distinct_values is None:
            return self.samples is not None and high >= self.samples
        if not self.is_scalar:
            # Rare classes may be missing from the sample.
            return high > 8 * distinct_values and distinct_values <= _FEW_DISTINCT
        return distinct_values == 2 or (distinct_values > 2 and high + 1 > 2 * distinct_values)

    @property
    def classes(self) -> int | None:
        """How many classes the highest label requires, if these are labels."""
        if self.form == "integers" and self.highest is not None:
            return None if self.must_be_renumbered else int(self.highest) + 1
        if self.form == "one_hot" and self.shape:
            return self.shape[0]
        return None

    @property
    def are_likely_classes(self) -> bool:
        """Whether they are few whole numbers without gaps, as class labels are."""
        if self.form == "one_hot":
            return True
        values = self.statistics
        return (
            self.form == "integers"
            and values is not None
            and values.minimum in (0, 1)
            and values.distinct is not None
            and 2 <= values.distinct <= 100
            and values.maximum is not None
            and values.maximum - (values.minimum or 0) + 1 == values.distinct
        )
