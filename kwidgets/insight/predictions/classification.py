"""Count classes: confusions, precision and recall, reliability, ROC and precision-recall curves."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class ClassTable:
    """Figures of the classes; arrays of (classes,). NaN where a figure is not defined."""

    support: Counts
    predicted: Counts
    right: Counts

    @property
    def precision(self) -> Floats:
        return _ratio(self.right, self.predicted)

    @property
    def recall(self) -> Floats:
        return _ratio(self.right, self.support)

    @property
    def f1(self) -> Floats:
        return _ratio(2 * self.right, self.support + self.predicted)

    @property
    def iou(self) -> Floats:
        return _ratio(self.right, self.support + self.predicted - self.right)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def in_range(true: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.bool_]:
    """Return which samples have a target and a prediction from 0 to below ``classes``."""
    return (true >= 0) & (true < classes) & (predicted >= 0) & (predicted < classes)


def confusion(true: NDArray[Any], predicted: NDArray[Any], classes: int) -> Counts:
    """Return the counts of (true, predicted), (classes, classes). Others are left out."""
    kept = in_range(true, predicted, classes)
    pairs = true[kept].astype(np.int64) * classes + predicted[kept].astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def class_table(true: NDArray[Any], predicted: NDArray[Any], classes: int) -> ClassTable:
    """Return the figures of the classes without their matrix, which may be large."""
    kept = in_range(true, predicted, classes)
    true, predicted = true[kept].astype(np.int64), predicted[kept].astype(np.int64)
    return ClassTable(
        support=np.bincount(true, minlength=classes),
        predicted=np.bincount(predicted, minlength=classes),
        right=np.bincount(true[true == predicted], minlength=classes),
    )


def table_of_confusion(counts: NDArray[Any]) -> ClassTable:
    """Return the figures of the classes of a matrix of counts."""
    whole = counts.astype(np.int64)
    return ClassTable(whole.sum(axis=1), whole.sum(axis=0), np.diagonal(whole).copy())


def most_confused(
    true: NDArray[Any], predicted: NDArray[Any], classes: int, most: int = 200
) -> list[tuple[int, int, int]]:
    """Return the most frequent errors as (true, predicted, count), most frequent first."""
    kept = in_range(true, predicted, classes) & (true != predicted)
    pairs, counts = np.unique(
        true[kept].astype(np.int64) * classes + predicted[kept].astype(np.int64),
        return_counts=True,
    )
    return _pairs(pairs, counts, classes, most)


def confused_pairs(counts: NDArray[Any], most: int = 200) -> list[tuple[int, int, int]]:
    """Return the most frequent errors of a matrix as (true, predicted, count)."""
    errors = counts.astype(np.int64)
    np.fill_diagonal(errors, 0)
    pairs = np.flatnonzero(errors)
    return _pairs(pairs, errors.reshape(-1)[pairs], len(counts), most)


def _pairs(
    pairs: NDArray[Any], counts: NDArray[Any], classes: int, most: int
) -> list[tuple[int, int, int]]:
    order = np.argsort(-counts, kind="stable")[:most]
    return [
        (int(pair) // classes, int(pair) % classes, int(count))
        for pair, count in zip(pairs[order], counts[order], strict=True)
    ]


def reliability(
    probability: NDArray[Any], right: NDArray[Any], bins: int = 10
) -> list[tuple[float, float, int]]:
    """Return for each bin of the probability its mean, the share that was right, and the samples.

    Args:
        probability: of the predicted class, (samples,).
        right: whether it is the true one, (samples,).
        bins: of equal width from 0 to 1.
    """
    known = ~np.isnan(probability)
    probability, right = probability[known].astype(np.float64), right[known]
    at = np.clip((probability * bins).astype(int), 0, bins - 1)
    counts = np.bincount(at, minlength=bins)
    means = _ratio(np.bincount(at, probability, bins), counts)
    shares = _ratio(np.bincount(at, right.astype(np.float64), bins), counts)
    return [(float(means[i]), float(shares[i]), int(counts[i])) for i in range(bins)]


@dataclasses.dataclass(frozen=True)
class Curves:
    """ROC and precision-recall of one class: points, and the area under the ROC."""

    roc: list[tuple[float, float]]
    precision_recall: list[tuple[float, float]]
    auc: float


def curves(positive: NDArray[Any], score: NDArray[Any], points: int = 100) -> Curves:
    """Return the curves of a score, the higher the more likely.

    Args:
        positive: whether each sample has the class, (samples,).
        score: of the class, (samples,).
        points: at most about so many of each curve.
    """
    known = ~np.isnan(score)
    positive, score = positive[known].astype(bool), score[known]
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return Curves([], [], float("nan"))
    order = np.argsort(-score, kind="stable")
    positive, score = positive[order], score[order]
    # Samples with the same score are on the same side of every threshold.
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    found = np.cumsum(positive)[last]
    wrong = 1 + last - found
    recall, fall_out = found / positives, wrong / negatives
    precision = found / (found + wrong)
    auc = float(np.trapezoid(np.append(0.0, recall), np.append(0.0, fall_out)))
    kept = np.unique(np.linspace(0, len(last) - 1, points).astype(int))
    return Curves(
        roc=[(0.0, 0.0), *zip(fall_out[kept].tolist(), recall[kept].tolist(), strict=True)],
        precision_recall=list(zip(recall[kept].tolist(), precision[kept].tolist(), strict=True)),
        auc=auc,
    )
