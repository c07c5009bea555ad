"""Encode predictions for the page."""

from __future__ import annotations

import base64
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kwidgets import protocol as wire
from kwidgets.insight import protocol
from kwidgets.insight.page.sample_looks import SampleLooks
from kwidgets.insight.predictions.class_results import ClassResults
from kwidgets.insight.predictions.classification import ClassTable
from kwidgets.insight.predictions.epoch import EpochPredictions, SamplePrediction
from kwidgets.insight.predictions.history import Predictions
from kwidgets.insight.predictions.label_results import THRESHOLD, LabelResults
from kwidgets.insight.predictions.value_results import RegressionResults
from kwidgets.insight.predictions.values import residuals, subset
from kwidgets.insight.samples.number_text import with_minus
from kwidgets.language import Message

MAX_MATRIX: Final = 30
MAX_TABLE: Final = 1_000
MAX_PAIRS: Final = 200
MISTAKES, WATCHED = 24, 12
POINTS: Final = 2_000
#: Epochs of a sparkline.
SPARKLINE: Final = 30


def number(value: float, digits: int = 4) -> wire.WireNumber:
    """Return a number with a few digits, which take fewer bytes."""
    return wire.wire_number(float(f"{value:.{digits}g}"))


def packed(values: Any, dtype: str) -> str:
    """Return numbers as base64 of little-endian ``dtype``."""
    return base64.b64encode(np.ascontiguousarray(values, dtype).tobytes()).decode("ascii")


def figures(shown: EpochPredictions, before: EpochPredictions | None) -> list[protocol.Figure]:
    """Return the figures, with their changes since the epoch before."""
    earlier = {} if before is None else before.figures
    return [
        protocol.Figure(
            name=figure.name,
            value=number(figure.value),
            change=number(figure.value - earlier[figure.name]) if figure.name in earlier else None,
            direction=figure.direction,
        )
        for figure in shown.figure_values
    ]


def details(
    shown: EpochPredictions,
    before: EpochPredictions | None,
    predictions: Predictions,
    looks: SampleLooks,
    names_from: Message | None,
    mistakes: int = MISTAKES,
    watched: int = WATCHED,
) -> protocol.Details:
    """Return what the open tab shows of an epoch.

    Args:
        shown: the epoch.
        before: the epoch before it, for the changes.
        predictions: those of all epochs.
        looks: describes samples.
        names_from: where the names of the classes come from.
        mistakes: the most that are listed.
        watched: the most of the first samples that are listed.
    """
    results = shown.results
    order = results.mistakes()
    found = protocol.Details(
        mistakes=[sample(shown.sample(i), shown, looks) for i in order[:mistakes].tolist()],
        mistake_count=len(order),
        watched=[sample(each, shown, looks) for each in shown.watched[:watched]],
    )
    table = results.table()
    if table is not None and len(table.support) <= MAX_TABLE:
        found["classes"] = classes_table(shown, table, predictions, names_from)
    pairs = results.pairs()
    counts = results.confusion()
    if counts is not None or pairs:
        found["confusion"] = confusion(shown, before, counts, pairs)
    if isinstance(results, ClassResults):
        curves = results.curves()
        found["curves"] = protocol.ClassCurves(
            reliability=[(number(a), number(b), n) for a, b, n in results.reliability()],
            roc=[(_short(a), _short(b)) for a, b in curves.roc],
            precision_recall=[(_short(a), _short(b)) for a, b in curves.precision_recall],
        )
    if isinstance(results, RegressionResults):
        found["regression"] = regression(results)
    return found


def _short(value: float) -> float:
    return round(value, 4)


def classes_table(
    shown: EpochPredictions,
    table: ClassTable,
    predictions: Predictions,
    names_from: Message | None,
) -> protocol.ClassesTable:
    """Return the figures of the classes, and their main one in the epochs so far."""
    history_of: Any = "recall"
    if shown.task == "segmentation":
        history_of = "iou"
    elif shown.task == "multi_label":
        history_of = "f1"
    tables = predictions.class_history(shown.output)
    # A long sparkline of many classes would take most of what may be sent.
    most = max(2, min(SPARKLINE, 3_000 // max(1, len(table.support))))
    epochs = [epoch for epoch in sorted(tables) if epoch <= shown.epoch][-most:]
    columns = [getattr(tables[epoch], history_of) for epoch in epochs]
    history = np.stack(columns, axis=1) if columns else np.zeros((len(table.support), 0))
    digits = 4 if len(table.support) <= 100 else 3
    found = protocol.ClassesTable(
        names=list(shown.class_names),
        names_from=names_from,
        support=table.support.tolist(),
        predicted=table.predicted.tolist(),
        precision=_numbers(table.precision, digits),
        recall=_numbers(table.recall, digits),
        f1=_numbers(table.f1, digits),
        history_of=history_of,
        history=[_numbers(row, 3) for row in history],
    )
    if shown.task == "segmentation":
        found["iou"] = _numbers(table.iou)
    results = shown.results
    if isinstance(results, LabelResults):
        negative, positive = results.scores
        found["scores"] = protocol.Scores(
            bins=positive.shape[-1],
            positive_u32=packed(positive, "<u4"),
            negative_u32=packed(negative, "<u4"),
            threshold=THRESHOLD,
        )
    return found


def _numbers(values: NDArray[Any], digits: int = 4) -> list[wire.WireNumber]:
    return [number(value, digits) for value in values.tolist()]


def confusion(
    shown: EpochPredictions,
    before: EpochPredictions | None,
    counts: NDArray[Any] | None,
    pairs: list[tuple[int, int, int]],
) -> protocol.Confusion:
    """Return the matrix of a few classes, of more the most frequent errors."""
    classes = len(shown.class_names)
    found = protocol.Confusion(
        classes=classes,
        pairs=[
            protocol.Pair(true=true, predicted=predicted, count=count)
            for true, predicted, count in pairs[: 60 if classes <= MAX_MATRIX else MAX_PAIRS]
        ],
    )
    if counts is not None and classes <= MAX_MATRIX:
        found["counts_u32"] = packed(counts, "<u4")
        earlier = None if before is None else before.confusion
        if earlier is not None and earlier.shape == counts.shape:
            found["before_u32"] = packed(earlier, "<u4")
    return found


def regression(
    results: RegressionResults, column: int = 0, points: int = POINTS
) -> protocol.Regression:
    """Return the points of one column, and its residuals."""
    true, predicted = results.true[:, column], results.predicted[:, column]
    kept = subset(len(true), points)
    low, high, counts = residuals(true, predicted)
    return protocol.Regression(
        columns=[str(i) for i in range(results.width)],
        column=column,
        true_f32=packed(true[kept], "<f4"),
        predicted_f32=packed(predicted[kept], "<f4"),
        residual_low=number(low),
        residual_high=number(high),
        residual_counts=counts,
    )


def sample(
    each: SamplePrediction, shown: EpochPredictions, looks: SampleLooks, large: bool = False
) -> protocol.Sample:
    """Return a sample as the page shows it."""
    # Names of classes stay as they are.
    text = with_minus if each.right is None else str
    return protocol.Sample(
        key=sample_key(each.position),
        index=each.index,
        code=each.code,
        true=wire.shortened(text(each.true), 200),
        predicted=wire.shortened(text(each.predicted), 200),
        right=each.right,
        probability=None if each.probability is None else number(each.probability),
        loss=number(each.loss),
        looks=looks.describe(each, shown, large),
    )


def sample_key(position: int) -> str:
    """Return the key of a sample on the page."""
    return f"v{position}"


def position_of(key: object) -> int | None:
    """Return the number of the sample with a key; None if it is no key."""
    if isinstance(key, str) and key[:1] == "v" and key[1:].isdecimal() and len(key) < 12:
        return int(key[1:])
    return None
