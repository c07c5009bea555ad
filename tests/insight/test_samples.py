"""Samples are shown as what they are, and the code that fetches one is found."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest

from kwidgets.insight.samples.flat_pictures import square_side
from kwidgets.insight.samples.inputs import InputColumns, SampleInputs
from kwidgets.insight.samples.looks import describe, kind_of
from kwidgets.insight.samples.pictures import (
    ValueSpan,
    mask_url,
    picture_url,
    shrink,
    span_of,
)
from kwidgets.insight.samples.png import write_png
from kwidgets.insight.samples.references import find_reference

RANDOM = np.random.default_rng(0)


def opened(data: bytes) -> Any:
    image = pytest.importorskip("PIL.Image")
    return np.asarray(image.open(io.BytesIO(data)))


@pytest.mark.parametrize("shape", [(28, 28, 1), (5, 9, 3), (1, 1, 4), (300, 2, 1)])
def test_a_png_has_the_pixels(shape: tuple[int, ...]) -> None:
    pixels = RANDOM.integers(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(opened(write_png(pixels)).reshape(shape), pixels)


def bytes_of(url: str) -> bytes:
    return base64.b64decode(url.split(",")[1])


def test_a_small_picture_is_exact_and_a_large_one_is_small(monkeypatch: Any) -> None:
    digit = RANDOM.integers(0, 256, (28, 28)).astype(np.uint8)
    np.testing.assert_array_equal(opened(bytes_of(picture_url(digit, ValueSpan(0, 255)))), digit)
    photo = np.broadcast_to(np.linspace(0, 1, 3840)[None, :, None], (2160, 3840, 3))
    pytest.importorskip("PIL")
    webp = picture_url(photo, ValueSpan(0, 1))
    assert webp.startswith("data:image/webp") and len(webp) < 4_000
    monkeypatch.setattr("kwidgets.insight.samples.pictures._pillow", lambda: None)
    png = picture_url(photo, ValueSpan(0, 1))
    assert png.startswith("data:image/png") and len(png) < 6_000
    assert opened(bytes_of(png)).shape[1] <= 48


def test_pictures_are_shrunk_to_means() -> None:
    halves = np.zeros((100, 100))
    halves[:, 50:] = 1
    small = shrink(halves, 10)
    assert small.shape == (10, 10) and small[0].tolist() == [0] * 5 + [1] * 5


@pytest.mark.parametrize(
    ("values", "span"),
    [
        ([0, 0.5, 1], (0, 1)),
        ([0, 100, 255], (0, 255)),
        ([-1, 0, 1], (-1, 1)),
        ([0, np.nan, 0.5], (0, 1)),
        ([np.nan], (0, 1)),
    ],
)
def test_the_range_of_pictures(values: list[float], span: tuple[float, float]) -> None:
    found = span_of(np.array(values, float))
    assert (found.low, found.high) == span


def test_masks_have_a_color_a_class() -> None:
    mask = np.array([[0, 1], [2, -1]])
    colors = opened(bytes_of(mask_url(mask)))
    assert colors[0, 0, 3] == 0 == colors[1, 1, 3]
    assert colors[0, 1].tolist() != colors[1, 0].tolist()


SMOOTH = np.sin(np.linspace(0, 9, 64))[None] + RANDOM.normal(size=(20, 1))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RANDOM.random((9, 28, 28)), "picture"),
        (RANDOM.random((9, 8, 8)), "picture"),
        (RANDOM.random((9, 64, 64, 3)), "picture"),
        (RANDOM.random((9, 64, 64, 7)), "values"),
        (RANDOM.random((9, 96, 2)), "series"),
        (SMOOTH, "series"),
        (RANDOM.random((9, 8000, 1)), "sound"),
        (RANDOM.random((9, 13)), "row"),
        (RANDOM.random((9, 64)), "row"),
        (RANDOM.random((9, 5000, 40)), "values"),
        (np.array(["a film", "b"]), "text"),
        (np.array([["a"], ["b"]], object), "text"),
        (np.array([{}, {}], object), "values"),
        (RANDOM.random((9, 3)) * 1j, "values"),
        (RANDOM.random((9, 4, 4, 4, 4)), "values"),
    ],
)
def test_kinds_of_inputs(values: Any, kind: str) -> None:
    found = kind_of(values)
    assert found.kind == kind
    assert describe([found], (values[0],), lambda url: "hash") is not None


def test_words_are_shown_without_padding_and_rows_with_what_is_unusual() -> None:
    tokens = np.array([[0, 0, 1, 2, 7, 0]])
    kind = kind_of(tokens, vocabulary=["", "[UNK]", "good"], reads_tokens=True)
    assert describe([kind], (tokens[0],), str)["text"] == "[UNK] good 7"
    table = RANDOM.normal(size=(100, 2))
    kind = kind_of(table, columns=("age", "income"))
    row = describe([kind], (np.array([0.5, 90.0]),), str)["row"]
    assert row == [("age", "0.5", False), ("income", "90", True)]
    assert describe([kind], (np.array([np.nan, 0.0]),), str)["row"][0] == ("age", "nan", True)


X = RANDOM.random((100, 4)).astype(np.float32)


def test_the_code_that_fetches_a_sample() -> None:
    namespace = {"x_test": X, "data": (X[:10], X), "parts": {"left": X[:5].copy()}, "_": X}
    assert find_reference(X, namespace).code(3) == "x_test[3]"
    assert find_reference(X[90:], {"x": X}).code(3) == "x[93]"
    assert find_reference(namespace["parts"]["left"], namespace).code(1) == "parts['left'][1]"
    assert find_reference(X[::2], {"x": X}) is None
    assert find_reference(X[:, 1:], {"x": X}) is None
    assert find_reference(X + 1, namespace) is None
    assert find_reference(X, {"data": (1, X)}).code(0) == "data[1][0]"


def test_the_code_of_rows_that_keras_has_converted() -> None:
    pandas = pytest.importorskip("pandas")
    whole = RANDOM.random((100, 4))
    part = whole[80:].astype(np.float32)
    assert find_reference(part, {"x": whole, "other": X}).code(2) == "x[82]"
    assert find_reference(part, {"x": whole, "same": whole}).code(0) == "x[80]"
    assert find_reference(part, {"x": whole, "copied": whole.copy()}) is None
    frame = pandas.DataFrame(whole)
    assert find_reference(part, {"table": frame}).code(0) == "table.iloc[80]"
    assert find_reference(part, {"x": whole[::-1].copy()}) is None


def test_samples_of_a_data_frame_have_columns() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    reference = find_reference(frame, {"frame": frame})
    inputs = SampleInputs([InputColumns(frame, reference, tuple(frame.columns))])
    assert inputs.code(7) == "frame.iloc[7]" and inputs.index(7) == 7
    np.testing.assert_array_equal(inputs.get(7)[0], X[7])


def test_what_was_shown_is_kept_when_the_array_is_gone() -> None:
    array = X.copy()
    inputs = SampleInputs([InputColumns(array, None)])
    inputs.remember([3], {})
    del array
    np.testing.assert_array_equal(inputs.get(3)[0], X[3])
    assert inputs.get(4) is None and inputs.first() is None


def test_pixels_in_one_row_are_a_picture() -> None:
    digits = pytest.importorskip("sklearn.datasets").load_digits().data
    kind = kind_of(digits)
    assert (kind.kind, kind.side) == ("picture", 8)
    shown = describe([kind], (digits[0],), lambda url: url)
    assert shown is not None
    assert shown["picture"] == picture_url(digits[0].reshape(8, 8), kind.span, False)


@pytest.mark.parametrize("make", ["noise", "walks", "sines", "common"])
def test_other_rows_of_64_values_are_none(make: str) -> None:
    random = np.random.default_rng(0)
    values = {
        "noise": lambda: random.random((300, 64)),
        "walks": lambda: np.cumsum(random.random((300, 64)), axis=1),
        "sines": lambda: (
            1
            + np.sin(
                np.linspace(0, 6, 64) * random.uniform(0.5, 2, (300, 1))
                + random.uniform(0, 6, (300, 1))
            )
        ),
        "common": lambda: 9 + random.normal(size=(300, 1)) + 0.3 * random.normal(size=(300, 64)),
    }[make]()
    assert square_side(values) == 0
