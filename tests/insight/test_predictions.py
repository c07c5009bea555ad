"""Figures of predictions are those of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kwidgets.insight.predictions import classification, multi_label, values
from kwidgets.insight.predictions.class_results import ClassResults
from kwidgets.insight.predictions.collector import MAX_ROW_BYTES, WORST_ROWS, PassCollector
from kwidgets.insight.predictions.epoch import EpochPredictions
from kwidgets.insight.predictions.history import MAX_BYTES, Predictions
from kwidgets.insight.samples.inputs import SampleInputs
from kwidgets.language import translated

metrics = pytest.importorskip("sklearn.metrics")
RANDOM = np.random.default_rng(0)
TRUE, PREDICTED = RANDOM.integers(0, 7, 900), RANDOM.integers(0, 7, 900)


def test_the_matrix_and_the_figures_of_classes() -> None:
    counts = classification.confusion(TRUE, PREDICTED, 8)
    np.testing.assert_array_equal(
        counts, metrics.confusion_matrix(TRUE, PREDICTED, labels=range(8))
    )
    table = classification.class_table(TRUE, PREDICTED, 8)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        TRUE, PREDICTED, labels=range(8), zero_division=np.nan
    )
    np.testing.assert_allclose(table.precision, precision)
    np.testing.assert_allclose(table.recall, recall)
    np.testing.assert_allclose(table.f1[:7], f1[:7])
    np.testing.assert_array_equal(table.support, support)
    jaccard = metrics.jaccard_score(TRUE, PREDICTED, average=None)
    np.testing.assert_allclose(table.iou[:7], jaccard)
    pairs = classification.most_confused(TRUE, PREDICTED, 8)
    assert pairs == classification.confused_pairs(counts)
    assert sum(count for *_, count in pairs) == (TRUE != PREDICTED).sum()


def test_wrong_class_numbers_are_left_out() -> None:
    true, predicted = np.array([0, 1, -1, 5, 1]), np.array([0, 1, 1, 1, -1])
    assert classification.confusion(true, predicted, 2).tolist() == [[1, 0], [0, 1]]


def test_roc_precision_recall_and_reliability() -> None:
    positive = RANDOM.random(500) < 0.3
    # With equal scores, which are on the same side of each threshold.
    score = np.round(np.clip(positive * 0.3 + RANDOM.random(500) * 0.7, 0, 1), 2)
    curves = classification.curves(positive, score, points=10_000)
    assert curves.auc == pytest.approx(metrics.roc_auc_score(positive, score))
    fall_out, recall, _ = metrics.roc_curve(positive, score, drop_intermediate=False)
    np.testing.assert_allclose(curves.roc, np.stack([fall_out, recall], axis=1))
    precision, recall, _ = metrics.precision_recall_curve(positive, score)
    expected = np.stack([recall, precision], axis=1)[:-1][::-1]
    np.testing.assert_allclose(curves.precision_recall, expected)
    score = score * 0.97 + 0.0137  # off the edges of the bins
    rows = [row[:2] for row in classification.reliability(score, positive) if row[2]]
    means, shares = zip(*rows, strict=True)
    calibration = pytest.importorskip("sklearn.calibration")
    expected_shares, expected_means = calibration.calibration_curve(positive, score, n_bins=10)
    np.testing.assert_allclose(means, expected_means)
    np.testing.assert_allclose(shares, expected_shares)
    assert np.isnan(classification.curves(np.zeros(3, bool), np.ones(3)).auc)


def test_labels_at_a_threshold() -> None:
    y, p = RANDOM.random((400, 3)) < 0.4, RANDOM.random((400, 3))
    bins = np.clip((p * 20).astype(int), 0, 19)
    scores = np.zeros((2, 3, 20))
    for label in range(3):
        for has in (0, 1):
            scores[has, label] = np.bincount(bins[y[:, label] == has, label], minlength=20)
    for threshold in (0.5, 0.25):
        table = multi_label.table_at(scores, threshold)
        expected = metrics.f1_score(y, p >= threshold, average=None)
        np.testing.assert_allclose(table.f1, expected)


def test_errors_of_numbers() -> None:
    true, predicted = RANDOM.normal(size=300), RANDOM.normal(size=300)
    error = predicted - true
    parts = (np.ones(300), error, error**2, abs(error), true, true**2)
    sums = values.ErrorSums(*(float(part.sum()) for part in parts))
    assert sums.mae == pytest.approx(metrics.mean_absolute_error(true, predicted))
    assert sums.rmse == pytest.approx(metrics.mean_squared_error(true, predicted) ** 0.5)
    assert sums.r2 == pytest.approx(metrics.r2_score(true, predicted))
    low, high, counts = values.residuals(true, predicted)
    assert sum(counts) == 300 and low < 0 < high
    assert values.residuals(np.array([np.nan]), np.zeros(1))[2] == [0] * 64


def batch(columns: Any, **more: Any) -> dict[str, Any]:
    columns = np.asarray(columns, np.float32)
    worst = np.argsort(-columns[:, 0])[:4]
    numbers = {"columns": columns, "worst": worst.astype(np.float32)}
    for name, rows in more.items():
        numbers |= {f"first_{name}": rows[:12], f"worst_{name}": rows[worst]}
    return {"output": numbers}


def class_columns(true: Any, predicted: Any, loss: Any) -> Any:
    share = np.full(len(true), 0.5)
    return np.stack([loss, true, predicted, share, share], axis=1)


def test_the_rows_of_the_worst_samples_are_kept_whatever_their_size() -> None:
    collector = PassCollector(np.asarray)
    losses = RANDOM.permutation(4_000) / 100
    rows = 0
    for start in range(0, 4_000, 40):
        part = losses[start : start + 40]
        columns = class_columns(TRUE[:40], PREDICTED[:40], part)
        x = np.broadcast_to(np.arange(start, start + 40)[:, None], (40, 60_000))
        collector.add(batch(columns, x0=x.astype(np.float32)))
        rows += 4 * 60_000 * 4
    assert rows > 2 * MAX_ROW_BYTES
    numbers = collector.finish()["output"]
    worst = np.argsort(-losses)
    # Four of a batch at most.
    kept = [i for i in worst[:WORST_ROWS] if i in numbers.rows]
    assert len(kept) >= WORST_ROWS - 4 and worst[0] in numbers.rows
    assert set(range(12)) <= set(numbers.rows)
    for position, row in numbers.rows.items():
        assert row["x0"][0] == position


def epoch(number: int, count: int = 10, good: float = 0.5) -> EpochPredictions:
    collector = PassCollector(np.asarray)
    true = np.arange(count) % 2
    wrong = np.arange(count) >= good * count
    collector.add(batch(class_columns(true, np.where(wrong, 1 - true, true), wrong * 2.0)))
    results = ClassResults(collector.finish()["output"], ("no", "yes"))
    return EpochPredictions(number, "output", "binary", "validation", results, SampleInputs())


def test_the_oldest_epochs_are_dropped_but_for_the_best() -> None:
    predictions = Predictions()
    for number in range(1, 30):
        predictions.add([epoch(number, 200_000, 0.9 if number == 3 else 0.5)])
    kept = predictions.epochs
    assert kept[0] == 3 and kept[-2:] == [28, 29] and len(kept) < 20
    size = sum(each.results.nbytes() for each in predictions)
    assert size <= MAX_BYTES
    assert predictions.best.epoch == 3
    assert len(predictions.history()) == 29
    with pytest.raises(KeyError, match="Epoch 4 is not kept"):
        predictions[4]
    predictions.drop_after(10)
    assert predictions.epochs == [3]


def test_predictions_are_walked_through_by_epoch_and_by_cell() -> None:
    predictions = Predictions()
    with pytest.raises(KeyError, match="no predictions yet"):
        predictions.latest  # noqa: B018
    predictions.add([epoch(1, good=0.5)])
    predictions.add([epoch(2, good=0.8)])
    assert [each.epoch for each in predictions] == [1, 2]
    assert predictions.figures["accuracy"] == 0.8
    assert predictions[1].figures["accuracy"] == 0.5
    mistakes = predictions.mistakes
    assert [sample.position for sample in mistakes] == [8, 9]
    assert (mistakes[0].true, mistakes[0].predicted) == ("no", "yes")
    assert [sample.position for sample in predictions.latest.where("yes", "no")] == [9]
    with pytest.raises(ValueError, match="No class 'maybe'"):
        predictions.latest.where("maybe")
    assert predictions.to_pandas()["predicted"].tolist()[8:] == ["yes", "no"]


def test_targets_out_of_range_and_nan_are_told() -> None:
    columns = class_columns([0, 7, 1], [0, 1, -1], [0.1, np.nan, 0.2])
    collector = PassCollector(np.asarray)
    collector.add(batch(columns))
    results = ClassResults(collector.finish()["output"], ("no", "yes"))
    assert results.note is not None and "left out: 1" in translated(results.note)
    assert results.confusion().tolist() == [[1, 0], [0, 0]]
    assert results.mistakes().tolist() == [1, 2]
    assert results.texts(1).true == "7" and results.texts(2).predicted == "NaN"


def results_of(true: Any, predicted: Any, names: tuple[str, ...]) -> ClassResults:
    collector = PassCollector(np.asarray)
    collector.add(batch(class_columns(true, predicted, np.zeros(len(true)))))
    return ClassResults(collector.finish()["output"], names)


def test_a_model_that_guesses_is_told_after_some_epochs() -> None:
    names = ("a", "b", "c")
    true = RANDOM.choice(3, 300, p=[0.8, 0.1, 0.1])
    always, random = np.zeros(300, int), RANDOM.permutation(true)
    some = np.where(RANDOM.random(300) < 0.3, true, random)
    for predicted, guesses in ((always, True), (random, True), (some, False)):
        results = results_of(true, predicted, names)
        assert (results.hint() is not None) is guesses
    late = EpochPredictions(3, "output", "classification", "validation", results, SampleInputs())
    assert late.note is None
    late.results = results_of(true, always, names)
    assert late.note is not None and "guessing" in translated(late.note)
    late.epoch = 1
    assert late.note is None


def test_scores_that_the_loss_takes_for_probabilities_are_told() -> None:
    collector = PassCollector(np.asarray)
    columns = class_columns([0, 1], [0, 1], [0.1, 0.2])
    columns[:, 3:5] = [[-3, 7], [2, 5]]
    collector.add(batch(columns))
    assert ClassResults(collector.finish()["output"], ("no", "yes")).note is None
    results = ClassResults(collector.finish()["output"], ("no", "yes"))
    results.takes_probabilities = True
    assert results.note is not None and "from -3 to 7" in translated(results.note)
