"""What the functions of ``find`` look at: all parts of the data, measured."""

from __future__ import annotations

import dataclasses

from kwidgets.insight.data.classes import Labels
from kwidgets.insight.data.measure import Measured
from kwidgets.insight.data.parts import Role
from kwidgets.insight.data.rows import EqualRows


@dataclasses.dataclass(frozen=True)
class LookedAt:
    """The data of a fit, measured.

    Args:
        measured: each input and target.
        labels, validation_labels: the classes of the targets; None if they are no classes.
        equal: which rows are equal; None where they were not compared.
        validation_split: the fraction of rows that fit takes from the end for validation.
        is_weighted: whether fit gets ``class_weight`` or ``sample_weight``.
        hides_nan: whether the backend may train on with NaN in x: TensorFlow on a CPU.
        is_first_batches: whether a dataset was looked at, of which these are the first batches.
        has_model: whether a model is known, whose rules tell more about texts and pixels.
    """

    measured: tuple[Measured, ...]
    labels: Labels | None = None
    validation_labels: Labels | None = None
    equal: EqualRows | None = None
    validation_split: float = 0.0
    is_weighted: bool = False
    hides_nan: bool = False
    is_first_batches: bool = False
    has_model: bool = False

    def of(self, role: Role) -> tuple[Measured, ...]:
        """Return the measured parts of an argument of fit."""
        return tuple(each for each in self.measured if each.part.role == role)

    def named(self) -> dict[str, list[Measured]]:
        """Return the measured parts by name: ``validation_split`` makes two of one array.

        An array that is both training and validation data is there once.
        """
        found: dict[str, list[Measured]] = {}
        for each in self.measured:
            known = found.setdefault(each.part.name, [])
            if all(each.part.first != other.part.first for other in known):
                known.append(each)
        return found

    @property
    def x_name(self) -> str:
        return _name(self.of("x"))

    @property
    def y_name(self) -> str:
        return _name(self.of("y"))


def _name(parts: tuple[Measured, ...]) -> str:
    """Return the code of a single input or target; "" if there are several, or none."""
    return parts[0].part.name if len(parts) == 1 and not parts[0].part.is_batch else ""
