"""Each kind of fault in data is found, with its rows and the line that fetches or corrects them."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from kwidgets.insight.data.finding import LEVELS, Finding
from kwidgets.insight.data.report import Data, Report, report_on

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(400, 8)).astype("float32")
Y = RANDOM.integers(0, 4, 400)
NAMES = {"x": "x_train", "y": "y_train", "validation_x": "x_val", "validation_y": "y_val"}


@pytest.fixture(autouse=True)
def nothing_fails(caplog: pytest.LogCaptureFixture):
    yield
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def look(x: object, y: object = None, **arguments: object) -> Report:
    return report_on(Data(x, y, names=NAMES, **arguments))  # type: ignore[arg-type]


def found(report: Report, id: str) -> Finding:
    return next(each for each in report.findings if each.id.startswith(id))


def test_good_data_gets_no_findings():
    assert look(X, Y, validation_split=0.2).findings == ()
    assert look(X, X[:, 0] * 3 + RANDOM.normal(size=400)).findings == ()


def test_the_worst_findings_come_first():
    x = X.copy()
    x[3, 0] = np.nan
    x[:, 1] = 5
    y = np.where(np.arange(400) < 380, 0, 1)
    levels = [LEVELS.index(each.level) for each in look(x, y).findings]
    assert len(levels) >= 3
    assert levels == sorted(levels)


def test_nan_are_counted_in_all_values_and_their_rows_can_be_fetched():
    # More than a million values, of which ranges are sampled.
    x = np.zeros((300_000, 8), "float32") + X[0]
    x[123_457, 3], x[299_999, 0], x[299_999, 1] = np.nan, np.nan, np.inf
    finding = found(look(x, np.arange(300_000) % 4, validation_split=0.1), "nan-values:x")
    assert finding.level == "error"
    assert (finding.rows, finding.row_count) == ((123_457, 299_999), 2)
    assert finding.fetch == "x_train[[123457, 299999]]"
    assert "2 of 300,000 rows" in finding.text and "In these columns: 3, 0." in finding.text
    space = {"np": np, "x_train": x, "y_train": np.arange(300_000)}
    exec(finding.line, space)
    assert len(space["x_train"]) == len(space["y_train"]) == 299_998
    assert np.isfinite(space["x_train"]).all()


def test_tensorflow_on_a_cpu_trains_on_silently():
    x = X.copy()
    x[3, 0] = np.nan
    assert "silently" in found(look(x, Y, hides_nan=True), "nan-values").text
    assert "silently" not in found(look(x, Y), "nan-values").text


def test_a_table_is_filled():
    table = pd.DataFrame(X[:, :2], columns=["age", "income"])
    table.loc[7, "income"] = np.nan
    finding = found(look(table, Y), "nan-values:x")
    assert finding.fetch == "x_train.iloc[7]"
    space = {"np": np, "x_train": table}
    exec(finding.line, space)
    assert space["x_train"].notna().all().all()


@pytest.mark.parametrize("factor", [255, 10])
def test_validation_on_another_scale(factor):
    other = RANDOM.normal(size=(100, 8)) * factor
    finding = found(look(X, Y, validation_data=(other, Y[:100])), "other-scale")
    assert finding.level == ("error" if factor == 255 else "warning")
    assert finding.where == "validation_data"
    assert "x_val" in finding.title


def test_pixels_that_only_training_has_scaled():
    pixels = RANDOM.integers(0, 256, (200, 8, 8))
    report = look(pixels / 255, Y[:200], validation_data=(pixels[:50] + 0, Y[:50]))
    assert found(report, "other-scale").line == "x_val = x_val / 255"


def test_a_scaler_used_on_training_only():
    scales = np.array([1, 1, 1, 1, 1, 1, 1, 1000.0])
    raw = X * scales
    other = RANDOM.normal(size=(100, 8)) * scales + 3
    scaled = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    assert found(look(scaled, Y, validation_data=(other, Y[:100])), "other-scale")
    good = RANDOM.normal(size=(100, 8))
    assert look(scaled, Y, validation_data=(good, Y[:100])).findings == ()


def test_rows_of_validation_in_training():
    other = np.concatenate([RANDOM.normal(size=(90, 8)), X[:10]]).astype("float32")
    finding = found(look(X, Y, validation_data=(other, Y[:100])), "overlap")
    assert finding.level == "warning"
    assert finding.rows == tuple(range(90, 100))
    assert finding.fetch.startswith("x_val[[90, 91")
    whole = found(look(X, Y, validation_data=(X, Y)), "overlap")
    assert whole.text.startswith("All 400 rows")


def test_equal_rows_of_few_whole_numbers_are_chance():
    x = RANDOM.integers(0, 5, (400, 3))
    report = look(x, Y, validation_split=0.2)
    assert all(each.level == "hint" for each in report.findings)


def test_duplicates():
    finding = found(look(np.concatenate([X, X[:20]]), np.concatenate([Y, Y[:20]])), "duplicates")
    assert (finding.level, finding.row_count, finding.rows[0]) == ("hint", 20, 400)


def test_labels_in_order_under_validation_split():
    y = np.sort(Y)
    finding = found(look(X, y, validation_split=0.2), "sorted-labels")
    assert finding.where == "validation_split"
    space = {"np": np, "x_train": X, "y_train": y}
    exec(finding.line, space)
    assert look(space["x_train"], space["y_train"], validation_split=0.2).findings == ()
    assert look(X, y).findings == ()
    # Each class once: only validation has class 3.
    last = np.repeat([0, 1, 2, 3], 100)
    assert found(look(X, last, validation_split=0.25), "sorted-labels").level == "error"


def test_classes_that_only_one_of_both_has():
    y = np.where(Y == 3, 0, Y)
    finding = found(look(X, y, validation_data=(X[:100] + 1, Y[:100])), "unseen-classes")
    assert set(Y[list(finding.rows)]) == {3}
    assert finding.row_count == int((Y[:100] == 3).sum())
    finding = found(look(X, Y, validation_data=(X[:100] + 1, y[:100])), "missing-classes")
    assert "3" in finding.text


def test_class_shares_that_differ_more_than_by_chance():
    shares = [0.19, 0.021, 0.789]
    y = RANDOM.permutation(np.repeat([0, 1, 2], [round(4_000 * share) for share in shares]))
    x = RANDOM.normal(size=(len(y), 8)).astype("float32")
    others = np.repeat([0, 1, 2], [98, 76, 826])
    other_x = RANDOM.normal(size=(1_000, 8)).astype("float32")
    finding = found(look(x, y, validation_data=(other_x, others)), "shifted-classes")
    assert finding.level == "hint"
    assert "Class 1 has 2.1 % of the training rows and 7.6 % of the validation" in finding.text
    assert "Classes that differ: 0, 1." in finding.text


def test_class_shares_of_a_random_split_never_differ():
    random = np.random.default_rng(1)
    weights = 1 / np.arange(1, 31)
    for rows in (60, 400, 3_000) * 20:
        y = random.choice(30, rows, p=weights / weights.sum())
        x = random.normal(size=(rows, 4)).astype("float32")
        findings = look(x, y, validation_split=0.2).findings
        assert not [each for each in findings if each.id.startswith("shifted")]


def test_imbalance():
    y = (np.arange(400) < 12).astype(int)
    finding = found(look(X, y), "imbalance")
    assert finding.level == "hint"
    assert finding.where == "class_weight"
    assert "always predicts 0" in finding.text
    assert finding.line == "class_weight={0: 0.52, 1: 16.67}"
    assert look(X, y, is_weighted=True).findings == ()


def test_constant_and_leaking_columns():
    x = X.copy()
    x[:, 2] = 1
    finding = found(look(x, Y), "constant-columns")
    space = {"np": np, "x_train": x}
    exec(finding.line, space)
    assert space["x_train"].shape == (400, 7)
    table = pd.DataFrame(X, columns=list("abcdefgh"))
    table["result"] = Y * 2 + 1
    finding = found(look(table, Y), "leak")
    assert finding.level == "warning"
    assert finding.fetch == "x_train['result']"
    assert finding.line == "x_train = x_train.drop(columns=['result'])"


def test_an_id_is_found_also_scaled_and_after_a_split():
    order = RANDOM.permutation(400)
    table = pd.DataFrame(X, columns=list("abcdefgh"))
    table.insert(0, "id", (order - 200) / 115.5)
    y = np.searchsorted([150, 300], order, side="right")
    part = RANDOM.permutation(400)[:300]
    finding = found(look(table.iloc[part], y[part]), "row-numbers")
    assert finding.level == "warning" and "Column id" in finding.text
    assert finding.line == "x_train = x_train.drop(columns=['id'])"
    assert found(look(table, Y), "row-numbers").level == "hint"
    table["id"] = RANDOM.integers(1990, 2020, 400)
    assert look(table, Y).findings == ()
    table["id"] = RANDOM.integers(0, 1600, 400)
    assert look(table, Y).findings == ()


def test_copies_in_the_validation_are_no_chance_of_coarse_values():
    x = RANDOM.integers(0, 9, (400, 64)) / 8
    x = np.concatenate([x, x[:100]])[RANDOM.permutation(500)]
    finding = found(look(x, RANDOM.integers(0, 4, 500), validation_split=0.3), "overlap")
    assert finding.level == "warning"


def test_a_series_does_not_leak():
    series = np.sin(np.arange(500) / 20)
    windows = np.stack([series[at : at + 31] for at in range(460)])
    assert look(windows[:, :30], windows[:, 30]).findings == ()


def test_numbers_as_text():
    table = pd.DataFrame({"age": ["31", "52"] * 200, "town": ["a", "b"] * 200, "n": X[:, 0]})
    report = look(table, Y)
    finding = found(report, "number-strings")
    space = {"pd": pd, "x_train": table.copy()}
    exec(finding.line, space)
    assert space["x_train"]["age"].sum() == 83 * 200
    assert found(report, "text-columns").line == "x_train = pd.get_dummies(x_train, dtype=float)"
    assert found(look(X.astype(str), Y), "number-strings").level == "error"
    assert found(look(X.astype(object), Y), "number-objects").level == "error"


@pytest.mark.parametrize(
    ("x", "id"),
    [
        (np.array([[1, 2], [3]], object), "ragged"),
        (X.astype(complex), "complex"),
        (np.ma.masked_less(X, 0), "mask"),
        ([[1.0, 2.0], [3.0, 4.0]], "list"),
        ([[1.0], [2.0, 3.0]], "ragged"),
        ("text", "unreadable"),
        (np.float32(3), "unreadable"),
        (np.zeros((0, 3)), "empty"),
        (np.array(["2026-11-30"], "datetime64[D]"), "no-numbers"),
        (np.array([object()]), "no-numbers"),
        ((row for row in X), "not-drawn"),
        (iter([X]), "not-drawn"),
        (X[:50], "lengths"),
        (np.full((400, 3), 7.0), "constant"),
        (RANDOM.integers(0, 256, (400, 9, 9, 3)).astype("uint8"), "unscaled"),
        ({"a": X, "b": X[:10]}, "lengths"),
        ([X, X[:10]], "lengths"),
    ],
)
def test_bad_input_gets_a_finding_and_never_an_error(x, id):
    report = look(x, Y)
    assert found(report, id).text.endswith((".", ")"))


@pytest.mark.parametrize(
    "x",
    [
        None,
        b"",
        3,
        {},
        [],
        [None],
        object(),
        np.zeros((3, 0)),
        np.zeros((5, 2), [("a", "f4")]),
        np.full((400, 2), np.nan),
        np.full(400, -np.inf),
        pd.DataFrame(),
        pd.DataFrame({1: [None, 2]}),
        pd.Series(["a", None, 3.0]),
        pd.Series(["a", "b"] * 200, dtype="category"),
        pd.DataFrame(X).astype("Float64"),
        RANDOM.integers(0, 100_000, 400),
        np.zeros((2, 540, 960, 3), "uint8"),
        X.astype("float16") * 1e4,
        {"a": None, "b": [[1], [2, 3]], 3: "x"},
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.filterwarnings("error")
def test_anything_can_be_passed(x):
    for y in (None, Y, x):
        for validation in (None, (x, y), x, (x,)):
            look(x, y, validation_data=validation, validation_split=0.3)


def test_a_generator_is_not_used_up():
    def batches():
        yield X[:10], Y[:10]

    generator = batches()
    assert look(generator).samples == ()
    assert len(next(generator)[0]) == 10


def test_first_batches_of_a_dataset_are_said():
    class Batches:
        def __len__(self) -> int:
            return 40

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            np.random.random()  # augmentation: what follows must draw the same numbers
            return X[index * 10 : index * 10 + 10], Y[index * 10 : index * 10 + 10]

    state = np.random.get_state()[1].copy()
    report = look(Batches())
    assert (np.random.get_state()[1] == state).all()
    assert report.part_of == {"key": "first %1 batches", "values": ["8"]}
    assert report.ranges[0].shape == (None, 8)
    assert sum(each.training for each in report.balance) == 80
    assert report.samples[0].index is None
    assert look(Batches(), draws_batches=False).ranges == ()


def test_balance_ranges_and_samples():
    report = look(X, Y, validation_split=0.25)
    assert [each.name for each in report.balance] == ["0", "1", "2", "3"]
    assert sum(each.training for each in report.balance) == 300
    assert sum(each.validation or 0 for each in report.balance) == 100
    x, y = report.ranges[0], report.ranges[2]
    assert (x.name, x.shape, x.split, x.dtype) == ("x_train", (300, 8), "training", "float32")
    assert (y.name, y.low, y.high) == ("y_train", 0, 3)
    assert len(report.samples) == 12
    last = report.samples[-1]
    assert (last.index, last.code, last.target) == (299, "x_train[299]", str(Y[299]))
    assert (last.value == X[299]).all()


def test_names_of_categories_are_the_classes():
    y = pd.Series(np.array(["cat", "dog", "owl", "fox"])[Y], dtype="category")
    assert [each.name for each in look(X, y).balance] == ["cat", "dog", "fox", "owl"]
    one_hot = pd.get_dummies(y, dtype=float)
    assert [each.name for each in look(X, one_hot).balance] == ["cat", "dog", "fox", "owl"]


def test_a_line_that_cannot_be_run_is_left_out():
    x = X.copy()
    x[0] = np.nan
    names = {"x": "scale(x)", "y": "y"}
    (finding,) = report_on(Data(x, Y, names=names)).findings
    assert finding.line == ""
    assert finding.fetch == "scale(x)[0]"
