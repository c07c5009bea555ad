"""Recognize the task of a model's output by its loss, activation, shapes and targets."""

from __future__ import annotations

import dataclasses
from typing import Final

from kwidgets.insight.protocol import Task
from kwidgets.insight.task.facts import OutputFacts, Shape
from kwidgets.language import Message, message

_CATEGORICAL: Final = frozenset(
    {
        "sparsecategoricalcrossentropy",
        "categoricalcrossentropy",
        "categoricalfocalcrossentropy",
        "categoricalgeneralizedcrossentropy",
        "categoricalhinge",
        "kldivergence",
    }
)
_BINARY: Final = frozenset(
    {"binarycrossentropy", "binaryfocalcrossentropy", "hinge", "squaredhinge"}
)
_OVERLAP: Final = frozenset({"dice", "tversky"})
_DISTANCE: Final = frozenset(
    {
        "meansquarederror",
        "mse",
        "meanabsoluteerror",
        "mae",
        "meanabsolutepercentageerror",
        "mape",
        "meansquaredlogarithmicerror",
        "msle",
        "huber",
        "logcosh",
        "poisson",
    }
)
#: They compare embeddings or sequences: nothing of the output is a class or a value of a sample.
_OTHER: Final = frozenset({"ctc", "cosinesimilarity", "circle", "tripletsemihardloss"})
#: The smallest side of a picture or a mask.
PICTURE_SIDE: Final = 8
#: Columns of a regression that are all shown.
REGRESSION_COLUMNS: Final = 8


@dataclasses.dataclass(frozen=True)
class Reading:
    """How an output is read; ``tasks`` are those that its shapes allow, ``note`` says why."""

    task: Task
    tasks: tuple[Task, ...]
    note: Message | None = None


def recognize(facts: OutputFacts) -> Reading:
    """Return how the output is read, by the first rule that fits."""
    tasks = possible_tasks(facts)
    task, note = _guess(facts)
    if task == "boxes":
        tasks = (*tasks, "boxes")
    if task not in tasks:
        task = "unknown"
    return Reading(task, tasks, note)


def possible_tasks(facts: OutputFacts) -> tuple[Task, ...]:
    """Return the tasks that the shapes of an output allow."""
    if facts.p_shape is None:
        return ()
    rank, classes = len(facts.p_shape), facts.classes
    if rank <= 2:
        tasks: list[Task] = ["binary", "regression"]
        if classes > 1:
            tasks = ["classification", "multi_label", "regression"]
        if rank == 2 and _same(facts.p_shape, facts.x_shape):
            tasks.append("image_to_image")
    elif rank == 3:
        tasks = ["token_classes", "forecast"]
        if is_picture(facts.p_shape):
            tasks.append("image_to_image")
    elif rank == 4:
        tasks = ["segmentation", "token_classes", "image_to_image"]
    else:
        return ()
    return tuple(tasks)


def is_picture(shape: Shape | None) -> bool:
    """Return whether samples of this shape, with the batch first, may be pictures."""
    sides = (shape or ())[1:]
    if len(sides) == 3 and sides[2] not in (1, 3, 4):
        return False
    return len(sides) in (2, 3) and all(side is None or side >= PICTURE_SIDE for side in sides[:2])


def _guess(facts: OutputFacts) -> tuple[Task, Message | None]:
    loss, shape = facts.loss_key, facts.p_shape
    if "boxes" in facts.keys and {"labels", "classes"} & set(facts.keys):
        return "boxes", None
    if shape is None or facts.y_shape is None or loss in _OTHER:
        return "unknown", None
    if _is_copy(facts):
        return "image_to_image", None
    known = loss in _CATEGORICAL | _BINARY | _OVERLAP | _DISTANCE
    rank, classes = len(shape), facts.classes
    if rank == 4 and loss in _CATEGORICAL | _BINARY | _OVERLAP:
        large = is_picture((*shape[:3], 1)) and len(facts.x_shape or ()) == 4
        return ("segmentation" if large else "token_classes"), None
    if rank == 3 and loss in _CATEGORICAL | _BINARY:
        return "token_classes", None
    if rank <= 2 and loss in _CATEGORICAL:
        note = message("The output has one unit, so all samples have the same class.")
        return ("binary", note) if classes == 1 else ("classification", None)
    if rank <= 2 and loss in _BINARY | _OVERLAP:
        return _binary(facts)
    if rank <= 2 and loss in _DISTANCE:
        return _distance(facts)
    if rank == 3 and loss in _DISTANCE:
        return "forecast", None
    if rank == 4 and loss in _DISTANCE and is_picture(shape):
        return "image_to_image", None
    return ("unknown", None) if known else _unknown_loss(facts)


def _binary(facts: OutputFacts) -> tuple[Task, Message | None]:
    if facts.classes == 1:
        return "binary", None
    if facts.activation == "softmax":
        return "classification", message(
            "The loss is binary, but the output is a softmax over %1 classes.", str(facts.classes)
        )
    if facts.y_one_hot:
        return "multi_label", message(
            "Each sample has exactly one label: “classification” shows a confusion matrix."
        )
    return "multi_label", None


def _distance(facts: OutputFacts) -> tuple[Task, Message | None]:
    note = message("Classification trained with a regression loss.")
    if facts.classes > 1 and facts.activation == "softmax":
        return "classification", note
    if facts.classes == 1 and facts.activation == "sigmoid" and facts.y_zero_one:
        return "binary", note
    return "regression", None


def _unknown_loss(facts: OutputFacts) -> tuple[Task, Message | None]:
    note = message("Unknown loss; the task was guessed from the shapes.")
    rank, classes, y_shape = len(facts.p_shape or ()), facts.classes, facts.y_shape or ()
    if rank == 2 and classes > 1:
        single = len(y_shape) == 1 or (len(y_shape) == 2 and y_shape[-1] == 1)
        if facts.activation == "softmax" or single:
            return "classification", note
    if rank <= 2 and classes == 1 and facts.activation == "sigmoid" and facts.y_zero_one:
        return "binary", note
    if rank == 2 and facts.activation == "linear" and facts.y_zero_one is False:
        return "regression", note
    return "unknown", None


def _is_copy(facts: OutputFacts) -> bool:
    """Return whether the output is like the input, as that of an autoencoder."""
    if not _same(facts.p_shape, facts.x_shape) or facts.loss_key in _CATEGORICAL:
        return False
    if facts.y_is_x:
        return True
    if not _same(facts.y_shape, facts.x_shape) or facts.y_zero_one:
        return False
    if facts.y_dtype.startswith(("int", "uint", "bool")) and facts.loss_key in _BINARY | _OVERLAP:
        return False
    if len(facts.p_shape or ()) == 2:
        # As many values as columns is common where both are few.
        return facts.values_per_sample > 2 * REGRESSION_COLUMNS
    return is_picture(facts.p_shape)


def _same(first: Shape | None, second: Shape | None) -> bool:
    """Return whether samples of both shapes have the same axes, and at least one."""
    if first is None or second is None or len(first) != len(second) or len(first) < 2:
        return False
    return all(None in (a, b) or a == b for a, b in zip(first[1:], second[1:], strict=True))
