"""Compare the ranges of a search with the trials that its study has already."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial

from kwidgets.language import t

# Of a step, for the rounding of floats.
_TOLERANCE = 1e-6


def check_ranges(
    name: str, space: Mapping[str, BaseDistribution], trials: Iterable[FrozenTrial]
) -> None:
    """Verify that Optuna can compare new trials of this space with these ones.

    Args:
        name: of the study.
        space: of the search.
        trials: of the study.

    Raises:
        ValueError: a hyperparameter has other choices now, or another kind of range.
    """
    for trial in trials:
        for param, before in trial.distributions.items():
            now = space.get(param)
            if now is not None and not _are_comparable(before, now):
                raise ValueError(
                    t(
                        "The trials of the search “%1” have another range of the hyperparameter "
                        "“%2”: %3. Now it is %4, and Optuna cannot compare them. Pass the range "
                        "as it was, or begin another search with resume=False or another name.",
                        name,
                        param,
                        range_text(before),
                        range_text(now),
                    )
                )


def _are_comparable(before: BaseDistribution, now: BaseDistribution) -> bool:
    """Return whether a study may have both: numbers may have other ends, but nothing else."""
    if isinstance(before, CategoricalDistribution):
        return before == now
    log = [getattr(each, "log", False) for each in (before, now)]
    return type(before) is type(now) and log[0] == log[1]


def range_text(distribution: BaseDistribution) -> str:
    """Return a range as the user would write it."""
    if isinstance(distribution, CategoricalDistribution):
        return repr(list(distribution.choices))
    if isinstance(distribution, IntDistribution) and distribution.step != 1:
        return repr(range(distribution.low, distribution.high + 1, distribution.step))
    if isinstance(distribution, FloatDistribution | IntDistribution) and not (
        isinstance(distribution, FloatDistribution) and distribution.step is not None
    ):
        ends = (distribution.low, distribution.high)
        return repr((*ends, "log") if distribution.log else ends)
    return repr(distribution)


def outside(space: Mapping[str, BaseDistribution], params: Mapping[str, Any]) -> list[str]:
    """Return the names of the hyperparameters whose values are not in their ranges."""
    return [
        name for name, value in params.items() if name in space and not _holds(space[name], value)
    ]


def _holds(distribution: BaseDistribution, value: Any) -> bool:
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    if not isinstance(distribution, FloatDistribution | IntDistribution):
        return True
    if not isinstance(value, numbers.Real):
        return False
    number = float(value)
    if not distribution.low <= number <= distribution.high:
        return False
    if distribution.step is None or distribution.log:
        return True
    steps = (number - distribution.low) / distribution.step
    return abs(steps - round(steps)) < _TOLERANCE
