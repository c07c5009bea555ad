"""Each layer of Caffe gives in Keras what it gave in Caffe."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as to_numpy

from kwidgets.formats.caffe.read import read
from tests.formats.caffe.detector import DETECTOR
from tests.formats.caffe.make_golden import GOLDEN
from tests.formats.caffe.nets import NUMPY, OPENCV, Case

# Of the largest number in an output: float32 has 6e-8, and sums are taken in another order.
TOLERANCE = 5e-6


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def assert_same(found: np.ndarray, expected: np.ndarray, channels_last: bool) -> None:
    if expected.ndim == 4 and channels_last:
        expected = expected.transpose(0, 2, 3, 1)
    assert found.shape == expected.shape
    np.testing.assert_allclose(
        found, expected, rtol=0, atol=TOLERANCE * max(1, np.abs(expected).max())
    )


def check(case: Case, expected: np.ndarray, folder: Path) -> None:
    imported = read(*case.write(folder))
    assert {layer.outcome for layer in imported.facts.layers} == {"converted"}
    x = case.keras_x()
    assert_same(to_numpy(imported.model(x)), expected, case.channels_last)
    # Keras alone makes it again: nothing of ours is in it. As a file it is saved once, below.
    loaded = keras.models.model_from_json(imported.model.to_json())
    loaded.set_weights(imported.model.get_weights())
    assert_same(to_numpy(loaded(x)), expected, case.channels_last)


@pytest.mark.parametrize("name", OPENCV)
def test_a_layer_computes_what_opencv_computes(
    name: str, golden: dict[str, np.ndarray], tmp_path: Path
) -> None:
    check(OPENCV[name], golden[name], tmp_path)


@pytest.mark.parametrize("name", NUMPY)
def test_a_layer_that_opencv_has_not_computes_what_caffe_defines(name: str, tmp_path: Path) -> None:
    case, reference = NUMPY[name]
    expected = np.asarray(reference(case.x(), case.arrays()), np.float32)
    check(case, expected, tmp_path)


def test_an_ssd_finds_the_boxes_that_opencv_finds(
    golden: dict[str, np.ndarray], tmp_path: Path
) -> None:
    imported = read(*DETECTOR.write(tmp_path))
    predicted = imported.model.predict(DETECTOR.keras_x(), verbose=0)
    found = imported.extras["post_processing"](predicted)
    expected = golden["detections"].reshape(-1, 7)
    # Where there are more than keep_top_k, OpenCV sorts by score alone; Caffe by class first.
    expected = expected[np.lexsort((-expected[:, 2], expected[:, 1], expected[:, 0]))]
    assert {tuple(row) for row in found[:, :2]} == {(0, 1), (0, 2), (1, 1), (1, 2)}
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_the_model_is_saved_and_loaded_as_any_other(tmp_path: Path) -> None:
    model = read(*DETECTOR.write(tmp_path)).model
    model.save(tmp_path / "model.keras")
    x = DETECTOR.keras_x()
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for found, expected in zip(loaded(x), model(x), strict=True):
        np.testing.assert_array_equal(to_numpy(found), to_numpy(expected))
