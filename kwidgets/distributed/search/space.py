"""Read the ``space`` of a search: ranges and choices as Optuna's distributions."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from kwidgets.distributed.search.trial_row import ParamSpace, plain_param

_EXPECTED = (
    'a list of choices such as ["relu", "tanh"], a range of integers such as range(16, 129, 16), '
    'a tuple of numbers such as (0.1, 0.5) or (1e-4, 1e-1, "log"), or a distribution of Optuna'
)


def read_space(space: Mapping[Any, Any]) -> dict[str, BaseDistribution]:
    """Return the distribution of each hyperparameter.

    Raises:
        TypeError: the space is not a dict of names, or a range is of another type.
        ValueError: a range is empty.
    """
    if not isinstance(space, Mapping):
        raise TypeError(
            f"space must be a dict of names and ranges, not {space!r} ({type(space).__name__})."
        )
    if not space:
        raise ValueError('space is empty. Name a hyperparameter, as in {"units": [32, 64, 128]}.')
    found = {}
    for name, given in space.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(
                f"space has the name {name!r}; it must be that of an argument of the objective, "
                "such as 'units'."
            )
        found[name] = _distribution(name, given)
    return found


def _distribution(name: str, given: Any) -> BaseDistribution:
    if isinstance(given, BaseDistribution):
        return given
    if isinstance(given, range):
        if not given or given.step < 0:
            raise ValueError(f"space[{name!r}] is {given}, which has no values from low to high.")
        return IntDistribution(given[0], given[-1], step=given.step)
    if isinstance(given, list):
        if not given:
            raise ValueError(f"space[{name!r}] is an empty list; it needs at least one choice.")
        return CategoricalDistribution([_plain(each) for each in given])
    if isinstance(given, tuple):
        return _number_range(name, given)
    raise TypeError(f"space[{name!r}] must be {_EXPECTED}; not {given!r} ({type(given).__name__}).")


def _number_range(name: str, given: tuple[Any, ...]) -> BaseDistribution:
    log = len(given) == 3 and given[2] == "log"
    ends = given[:2] if log else given
    if len(ends) != 2 or any(
        isinstance(each, bool) or not isinstance(each, numbers.Real) for each in ends
    ):
        raise TypeError(f"space[{name!r}] must be {_EXPECTED}; not {given!r}.")
    low, high = map(_plain, ends)
    if not low <= high:
        raise ValueError(f"space[{name!r}] is {given!r}: the first number must be the lower one.")
    if log and low <= 0:
        raise ValueError(f'space[{name!r}] is {given!r}: with "log" both must be above 0.')
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(low, high, log=log)


def _plain(value: Any) -> Any:
    """Return a number of NumPy as one of Python, and anything else as it is."""
    if isinstance(value, np.generic):
        return value.item()
    return value


def plain_space(name: str, distribution: BaseDistribution) -> ParamSpace:
    """Return the range of a hyperparameter for the page."""
    if isinstance(distribution, CategoricalDistribution):
        return ParamSpace(name, choices=tuple(map(plain_param, distribution.choices)))
    low, high = (float(getattr(distribution, end)) for end in ("low", "high"))
    return ParamSpace(name, low, high, bool(getattr(distribution, "log", False)))
