"""Reduce a batch's predictions in the graph to the few numbers that are shown of them.

Each function returns ``{"columns": (batch, n) float32}``, where column 0 is the sample's loss, and
sums over the batch, (1, …) float32. Class numbers are exact in float32 up to 2**24. No operation
may fail for any value: the graph is the one that validates the model.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from keras import ops

from kwidgets.insight.keras_internals.few_nodes import largest_of_last, pick_last, worst_of
from kwidgets.insight.predictions.collector import FIRST_ROWS
from kwidgets.insight.protocol import Task

#: Bins of the scores of multi-label outputs; the threshold 0.5 is between two of them.
SCORE_BINS: Final = 20
#: The worst rows of a batch, more where their inputs cannot be found later; and the first rows of
#: the first batch.
WORST, WORST_WITH_X, FIRST = 4, 8, FIRST_ROWS
#: The most classes of which places are counted as (true, predicted).
MAX_PLACE_CLASSES: Final = 256
#: Columns of a regression that are kept for each sample.
MAX_COLUMNS: Final = 8
#: The largest side of a mask in the rows.
MASK_SIDE: Final = 128


@dataclasses.dataclass(frozen=True)
class Plan:
    """How the batches of an output are reduced.

    Args:
        task: what the output is read as.
        scores: makes probabilities of the predictions: "softmax", "sigmoid", "signed" for numbers
            from −1 to 1, or "".
        gathers_x: whether the rows have the inputs, where they cannot be found by their index.
    """

    task: Task
    scores: str = ""
    gathers_x: bool = True


def reduce_output(plan: Plan, y: Any, p: Any, weights: Any, loss: Any) -> dict[str, Any]:
    """Return the reduced batch of an output.

    Args:
        plan: how.
        y: targets, (batch, …).
        p: predictions, (batch, …).
        weights: sample weights, or the mask of the places; None without.
        loss: the losses of the samples, (batch,); None if unknown.
    """
    p = ops.convert_to_tensor(p)
    p = _as_probabilities(plan, p)
    p = ops.cast(p, "float32")
    reduce = {
        "classification": _classes,
        "binary": _binary,
        "multi_label": _labels,
        "regression": _values,
        "segmentation": _places,
        "token_classes": _places,
        "forecast": _distances,
        "image_to_image": _distances,
    }.get(plan.task)
    if reduce is None:
        batch = ops.shape(p)[0]
        zeros = ops.zeros((batch,), "float32") if loss is None else loss
        return {"columns": ops.expand_dims(zeros, 1)}
    return reduce(y, p, weights, loss)


def _as_probabilities(plan: Plan, p: Any) -> Any:
    if plan.scores == "softmax":
        return ops.softmax(p, axis=-1)
    if plan.scores == "sigmoid":
        return ops.sigmoid(p)
    return (p + 1) / 2 if plan.scores == "signed" else p


def class_numbers(y: Any, p: Any) -> Any:
    """Return targets as class numbers, (batch, …) float32, whether sparse or one-hot.

    Raises:
        ValueError: they are neither.
    """
    if len(y.shape) == len(p.shape) and (y.shape[-1] == p.shape[-1] and p.shape[-1] != 1):
        return ops.cast(ops.argmax(y, axis=-1), "float32")
    if len(y.shape) == len(p.shape) and y.shape[-1] == 1:
        y = ops.squeeze(y, axis=-1)
    if len(y.shape) != len(p.shape) - 1:
        raise ValueError(f"targets of shape {y.shape}, predictions of shape {p.shape}")
    return ops.cast(y, "float32")


def as_predictions(y: Any, p: Any) -> Any:
    """Return targets in the shape of the predictions, float32. Nothing is checked when it runs.

    Raises:
        ValueError: the shapes differ, as where the loss broadcasts, or may differ.
    """
    y = ops.cast(y, "float32")
    if len(y.shape) == len(p.shape) - 1 and p.shape[-1] == 1:
        y = ops.expand_dims(y, -1)
    elif len(y.shape) == len(p.shape) + 1 and y.shape[-1] == 1:
        y = ops.squeeze(y, -1)
    if len(y.shape) != len(p.shape) or tuple(y.shape[1:]) != tuple(p.shape[1:]):
        raise ValueError(f"targets of shape {y.shape}, predictions of shape {p.shape}")
    return y


def pick(p: Any, numbers: Any) -> Any:
    """Return the values of ``p`` at class ``numbers`` of its last axis; a wrong number is moved
    into the range, as is NaN: it becomes some integer first."""
    index = ops.clip(ops.cast(numbers, "int32"), 0, p.shape[-1] - 1)
    return pick_last(p, index)


def _best(p: Any) -> tuple[Any, Any]:
    """Return the most probable class, −1 where a prediction is NaN, and its probability."""
    best = largest_of_last(p)
    predicted = ops.cast(ops.argmax(p, axis=-1), "float32")
    return ops.where(ops.isnan(ops.sum(p, axis=-1)), -1.0, predicted), best


def _surprise(p_true: Any) -> Any:
    return -ops.log(ops.maximum(p_true, 1e-7))


def _classes(y: Any, p: Any, weights: Any, loss: Any) -> dict[str, Any]:
    """Columns: loss, true, predicted, probability of the true class, and of the predicted one."""
    true = class_numbers(y, p)
    predicted, best = _best(p)
    p_true = pick(p, true)
    loss = _surprise(p_true) if loss is None else loss
    return {"columns": ops.stack([loss, true, predicted, p_true, best], axis=1)}


def _two_classes(p: Any) -> Any:
    """Return a probability, (…) or (…, 1), as those of two classes."""
    return ops.stack([1.0 - p, p], axis=-1)


def _binary(y: Any, p: Any, weights: Any, loss: Any) -> dict[str, Any]:
    if p.shape[-1] != 1 and len(p.shape) == 2:
        return _classes(y, p, weights, loss)
    true = as_predictions(y, p)
    if len(p.shape) == 2:
        true, p = ops.squeeze(true, -1), ops.squeeze(p, -1)
    return _classes(ops.where(true == -1.0, 0.0, true), _two_classes(p), weights, loss)


def _labels(y: Any, p: Any, weights: Any, loss: Any) -> dict[str, Any]:
    """Columns: loss, wrong labels. ``scores``: (1, 2, classes, bins) counts without and with the
    label, by the score."""
    classes = p.shape[-1]
    y = as_predictions(y, p) > 0.5
    bins = ops.cast(ops.clip(ops.floor(ops.nan_to_num(p) * SCORE_BINS), 0, SCORE_BINS - 1), "int32")
    where = (
        ops.cast(y, "int32") * classes + ops.arange(classes, dtype="int32")
    ) * SCORE_BINS + bins
    size = 2 * classes * SCORE_BINS
    scores = ops.segment_sum(ops.ones_like(ops.reshape(p, (-1,))), ops.reshape(where, (-1,)), size)
    wrong = ops.sum(ops.cast((p >= 0.5) != y, "float32"), axis=-1)
    if loss is None:
        loss = ops.mean(_surprise(ops.where(y, p, 1.0 - p)), axis=-1)
    return {
        "columns": ops.stack([loss, wrong], axis=1),
        "scores": ops.reshape(scores, (1, 2, classes, SCORE_BINS)),
    }


def _values(y: Any, p: Any, weights: Any, loss: Any) -> dict[str, Any]:
    """Columns: loss, then targets and predictions of the first columns. ``sums`` of all columns:
    (1, 6, columns) of 1, error, its square, its amount, target, its square."""
    y = as_predictions(y, p)
    if len(p.shape) == 1:
        y, p = ops.expand_dims(y, -1), ops.expand_dims(p, -1)
    error = p - y
    if loss is None:
        loss = ops.mean(ops.abs(error), axis=-1)
    kept = min(int(p.shape[-1]), MAX_COLUMNS)
    return {
        "columns": ops.concatenate([ops.expand_dims(loss, 1), y[:, :kept], p[:, :kept]], axis=1),
        "sums": ops.expand_dims(
            ops.stack(
                [
                    ops.sum(part, axis=0)
                    for part in (ops.ones_like(y), error, error**2, ops.abs(error), y, y**2)
                ]
            ),
            0,
        ),
    }


def _distances(y: Any, p: Any, weights: Any, loss: Any) -> dict[str, Any]:
    """Columns: loss, then of the sample's values the means of what :func:`_values` sums, from the
    error on."""
    y = as_predictions(y, p)
    axes = tuple(range(1, len(p.shape)))
    error = p - y
    means = [ops.mean(part, axes) for part in (error, error**2, ops.abs(error), y, y**2)]
    return {"columns": ops.stack([means[2] if loss is None else loss, *means], axis=1)}


def _places(y: Any, p: Any, weights: Any, loss: Any) -> dict[str, Any]:
    """Columns: loss, right places, places. ``confusion``: (1, classes, classes) counts of places,
    up to MAX_PLACE_CLASSES; ``places``: (1, 3, classes) counts of right, true and predicted."""
    if p.shape[-1] == 1:
        p = _two_classes(ops.squeeze(p, -1))
    classes = int(p.shape[-1])
    true, predicted = class_numbers(y, p), _best(p)[0]
    axes = tuple(range(1, len(true.shape)))
    valid = (true >= 0) & (true < classes) & (predicted >= 0)
    if weights is not None and len(weights.shape) == len(true.shape):
        valid = valid & (ops.cast(weights, "float32") != 0)
    counted = ops.cast(valid, "float32")
    right = counted * ops.cast(true == predicted, "float32")
    if loss is None:
        loss = ops.mean(_surprise(pick(p, true)) * counted, axes)
    reduced = {
        "columns": ops.stack([loss, ops.sum(right, axes), ops.sum(counted, axes)], axis=1),
    }
    flat = ops.reshape(counted, (-1,))
    true = ops.cast(ops.reshape(ops.where(valid, true, 0.0), (-1,)), "int32")
    predicted = ops.cast(ops.reshape(ops.where(valid, predicted, 0.0), (-1,)), "int32")
    if classes <= MAX_PLACE_CLASSES:
        pairs = ops.segment_sum(flat, true * classes + predicted, classes * classes)
        reduced["confusion"] = ops.reshape(pairs, (1, classes, classes))
    else:
        counts = (
            ops.segment_sum(ops.reshape(right, (-1,)), true, classes),
            ops.segment_sum(flat, true, classes),
            ops.segment_sum(flat, predicted, classes),
        )
        reduced["places"] = ops.expand_dims(ops.stack(counts), 0)
    return reduced


def worst_rows(plan: Plan, columns: Any, has_fixed_rows: bool) -> Any:
    """Return the numbers of the rows with the largest loss, (rows,) int32; NaN comes first."""
    rows = WORST_WITH_X if plan.gathers_x else WORST
    return worst_of(columns[:, 0], rows, has_fixed_rows)


def reduce_rows(plan: Plan, y: Any, p: Any) -> dict[str, Any]:
    """Return what the rows show of targets and predictions: masks as small numbers. The columns
    have the class of a sample."""
    p = _as_probabilities(plan, p)
    if plan.task in ("classification", "binary"):
        return {"p": p}
    if plan.task in ("segmentation", "token_classes"):
        p = ops.cast(p, "float32")
        p = _two_classes(ops.squeeze(p, -1)) if p.shape[-1] == 1 else p
        y, p = class_numbers(y, p), _best(p)[0]
        if plan.task == "segmentation":
            steps = [max(1, -(-(side or 1) // MASK_SIDE)) for side in p.shape[1:3]]
            y, p = (mask[:, :: steps[0], :: steps[1]] for mask in (y, p))
    return {"y": y, "p": p}
