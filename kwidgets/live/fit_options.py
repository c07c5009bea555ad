"""Check the arguments of ``LivePlot`` that say how a fit begins and what guards it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Final, Literal, get_args

from kwidgets.live.numbers.as_number import as_plain

#: How often the NaN guard restores the last good state, unless it is told otherwise.
NAN_RESTORES = 3
#: What a user may say that the output of a model is for.
ChosenTask = Literal[
    "classification",
    "binary",
    "multi_label",
    "regression",
    "segmentation",
    "token_classes",
    "forecast",
    "image_to_image",
]
TASKS: Final[tuple[ChosenTask, ...]] = get_args(ChosenTask)


@dataclasses.dataclass(frozen=True)
class FitOptions:
    """What the user wants of a fit, for the observers that do it.

    Args:
        resume: whether to resume the last run of the cell or script; or the id of the run that is
            to be resumed, or the folder of a checkpoint.
        nan_restores: how often the NaN guard may restore the last good state; 0 if it is off.
        task: what the model's output is for, such as "regression", or ``kwidgets.Boxes``; None to
            recognize it.
        class_names: the names of the classes, by number; None to find them.
    """

    resume: bool | str = False
    nan_restores: int = 0
    task: Any = None
    class_names: tuple[str, ...] | None = None


DEFAULTS = FitOptions()


def check_fit_options(
    resume: object, nan_guard: object, task: object = None, class_names: object = None
) -> FitOptions:
    """Return the options of a fit.

    Args:
        resume: True, False, the id of a run, a ``Run`` of ``kwidgets.runs``, or one of its
            checkpoints.
        nan_guard: True, False, or how often to restore.
        task: one of TASKS, a ``kwidgets.Boxes``, or None.
        class_names: a list of texts, or None.

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
    return FitOptions(
        resume=run,
        nan_restores=restores,
        task=_checked_task(task),
        class_names=_checked_names(class_names),
    )


def check_prediction_options(task: object = None, class_names: object = None) -> None:
    """Check what the user says of the outputs of models.

    Args:
        task: one of TASKS, a ``kwidgets.Boxes``, or None.
        class_names: a list of texts, or None.

    Raises:
        TypeError: one has the wrong type.
        ValueError: there is no such task.
    """
    _checked_task(task)
    _checked_names(class_names)


def _checked_task(task: object) -> Any:
    if task is None or task in TASKS or hasattr(task, "boxes_of"):
        return task
    raise (ValueError if isinstance(task, str) else TypeError)(
        f"task must be one of {', '.join(map(repr, TASKS))}, kwidgets.Boxes(…) or None; "
        f"got {task!r}."
    )


def _checked_names(names: Any) -> tuple[str, ...] | None:
    if names is None:
        return None
    found = None if isinstance(names, str | bytes) or not hasattr(names, "__iter__") else [*names]
    if not found or not all(isinstance(name, str) for name in found):
        raise TypeError(
            'class_names must be a list of texts, such as ["cat", "dog"], or None; '
            f"got {names!r} ({type(names).__name__})."
        )
    return tuple(map(str, found))
