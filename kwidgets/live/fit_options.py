"""Check the arguments of ``LivePlot`` that say how a fit begins and what guards it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from kwidgets.live.numbers.as_number import as_plain

#: How often the NaN guard restores the last good state, unless it is told otherwise.
NAN_RESTORES = 3


@dataclasses.dataclass(frozen=True)
class FitOptions:
    """What the user wants of a fit, for the observers that do it.

    Args:
        resume: whether to resume the last run of the cell or script; or the id of the run that is
            to be resumed, or the folder of a checkpoint.
        nan_restores: how often the NaN guard may restore the last good state; 0 if it is off.
    """

    resume: bool | str = False
    nan_restores: int = 0


DEFAULTS = FitOptions()


def check_fit_options(resume: object, nan_guard: object) -> FitOptions:
    """Return the options of a fit.

    Args:
        resume: True, False, the id of a run, a ``Run`` of ``kwidgets.runs``, or one of its
            checkpoints.
        nan_guard: True, False, or how often to restore.

    Raises:
        TypeError: one has the wrong type.
        ValueError: one is out of range.
    """
    resume, nan_guard = as_plain(resume), as_plain(nan_guard)
    run: Any = resume if isinstance(resume, bool | str) else getattr(resume, "id", None)
    if isinstance(folder := getattr(resume, "folder", None), Path):  # of a checkpoint
        run = str(folder)
    if not isinstance(run, bool | str):
        raise TypeError(
            "resume must be True, False, a run of kwidgets.runs, its id or one of its checkpoints; "
            f"got {resume!r} ({type(resume).__name__})."
        )
    if isinstance(nan_guard, bool):
        restores = NAN_RESTORES if nan_guard else 0
    elif isinstance(nan_guard, int):
        restores = nan_guard
    else:
        raise TypeError(
            "nan_guard must be True, False or how often to restore, such as 3; "
            f"got {nan_guard!r} ({type(nan_guard).__name__})."
        )
    if restores < 0:
        raise ValueError(f"nan_guard must be at least 0; got {nan_guard!r}.")
    return FitOptions(resume=run, nan_restores=restores)
