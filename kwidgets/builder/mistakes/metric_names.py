"""Metrics under all their names: which ones fit a loss, and what replaces the others."""

from __future__ import annotations

from typing import Final

from kwidgets.builder.mistakes.loss_names import (
    BINARY_LOSSES,
    ONE_HOT_LOSSES,
    REGRESSION_LOSSES,
    SPARSE,
)
from kwidgets.builder.spec import ObjectSpec, Value
from kwidgets.language import t

# Metrics for class numbers, for one-hot rows, and for a yes or no at each unit.
_FOR_CLASS_NUMBERS: Final = ("sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy")
_FOR_ONE_HOT: Final = ("categorical_accuracy", "top_k_categorical_accuracy")
_FOR_BINARY: Final = (
    "binary_accuracy",
    "precision",
    "recall",
    "auc",
    "f1_score",
    "true_positives",
    "true_negatives",
    "false_positives",
    "false_negatives",
)
_ACCURACY: Final = ("accuracy", "acc")
# Fail where a class number is compared with a row of probabilities.
_FOR_NUMBERS: Final = (
    "mae",
    "mse",
    "mean_absolute_error",
    "mean_squared_error",
    "root_mean_squared_error",
)
_ALL: Final = (*_FOR_CLASS_NUMBERS, *_FOR_ONE_HOT, *_FOR_BINARY, *_ACCURACY)
_KNOWN: Final = {name.replace("_", ""): name for name in _ALL}


def metric_name(metric: Value) -> str | None:
    """Return a metric's name as Keras spells it: "binary_accuracy"; None for a user's own."""
    if isinstance(metric, ObjectSpec):
        if not metric.class_name.startswith("keras.metrics."):
            return None
        metric = metric.title
    if not isinstance(metric, str):
        return None
    return _KNOWN.get(metric.lower().replace("_", ""), metric.lower())


def explain_unfit_metric(
    name: str | None, loss_name: str, width: int | None
) -> tuple[str, bool] | None:
    """Return why a metric does not fit a loss, and whether training fails with it.

    None where it fits, or nothing is known. ``width`` is how many values the model outputs.
    """
    if loss_name == SPARSE and name in _FOR_ONE_HOT:
        return (
            t("%1 is for one-hot labels and is meaningless with class indices.", name),
            False,
        )
    if loss_name in ONE_HOT_LOSSES and name in _FOR_CLASS_NUMBERS:
        return t("%1 is for class indices and fails with one-hot labels.", name), True
    if loss_name in BINARY_LOSSES and width == 1 and name in (*_FOR_ONE_HOT, *_FOR_CLASS_NUMBERS):
        return (
            t("%1 compares several values. With a single value, it is meaningless.", name),
            False,
        )
    if loss_name == SPARSE and name in _FOR_BINARY and (width or 0) > 1:
        return t("%1 is for binary classification and fails with class indices.", name), True
    return None


def replace_unfit_metrics(metrics: Value, loss_name: str, width: int | None) -> Value:
    """Return compile's metrics with those replaced that do not fit another loss."""
    if isinstance(metrics, (str, ObjectSpec)):
        return _replace_if_unfit(metrics, loss_name, width)
    if not isinstance(metrics, (tuple, list)):
        return metrics
    changed = [_replace_if_unfit(metric, loss_name, width) for metric in metrics]
    # Without duplicates.
    return tuple(entry for at, entry in enumerate(changed) if entry not in changed[:at])


def _replace_if_unfit(metric: Value, loss_name: str, width: int | None) -> Value:
    name = metric_name(metric)
    if loss_name in REGRESSION_LOSSES:
        return "mae" if name in _ALL else metric
    if loss_name == SPARSE and name in _FOR_NUMBERS:
        return "accuracy"
    # These run, but count the many 0s of a row as right answers, or expect a single class.
    unfit = (loss_name in ONE_HOT_LOSSES and name == "binary_accuracy") or (
        loss_name in BINARY_LOSSES and name in (*_FOR_ONE_HOT, *_FOR_CLASS_NUMBERS)
    )
    return (
        "accuracy" if unfit or explain_unfit_metric(name, loss_name, width) is not None else metric
    )
