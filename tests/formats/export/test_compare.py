"""How outputs are compared: NaN, infinities, classes, texts."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from kwidgets.formats.export.checker import run_all
from kwidgets.formats.export.compare import compare, has_classes
from kwidgets.formats.export.model_signature import input_specs, outputs_of
from kwidgets.formats.export.prepared import Signature, load_arrays, save_arrays
from kwidgets.formats.export.runtimes.runtime import Runner
from kwidgets.formats.export.signature_json import from_json, to_json


def test_the_largest_difference_names_its_output():
    model = {"a": np.zeros((4, 2)), "b": np.ones((4, 1))}
    export = {"a": np.full((4, 2), 1e-3), "b": np.full((4, 1), 1.5)}
    found = compare(model, export, {})
    assert (found.maximum, found.output, found.scale) == (0.5, "b", 1.0)
    assert found.same_class is None and found.num_samples == 4


def test_the_same_nan_and_infinity_do_not_differ_and_others_are_the_largest():
    model = {"a": np.array([[np.nan, np.inf, 1.0]])}
    assert compare(model, model, {}).maximum == 0
    assert math.isnan(compare(model, {"a": np.array([[1.0, np.inf, 1.0]])}, {}).maximum)
    assert compare(model, {"a": np.array([[np.nan, 1.0, 1.0]])}, {}).maximum == math.inf


def test_classes_agree_by_the_largest_value_or_by_a_half():
    model = {"a": np.array([[0.4, 0.6], [0.9, 0.1]])}
    export = {"a": np.array([[0.6, 0.4], [0.8, 0.2]])}
    assert compare(model, export, {"a": True}).same_class == 0.5
    one = {"a": np.array([[0.6], [0.4]])}
    assert compare(one, {"a": np.array([[0.7], [0.6]])}, {"a": True}).same_class == 0.5


def test_another_shape_is_an_error():
    with pytest.raises(ValueError, match="a: "):
        compare({"a": np.zeros((4, 2))}, {"a": np.zeros((4, 3))}, {})


@pytest.mark.parametrize(
    ("output", "loss", "classes"),
    [
        (np.array([[0.25, 0.75]]), "", True),
        (np.array([[2.0, -1.0]]), "", False),
        (np.array([[2.0, -1.0]]), "sparse_categorical_crossentropy", True),
        (np.array([[0.5]]), "binary_crossentropy", True),
        (np.array([[0.5]]), "mean_squared_error", False),
        (np.array([1.0]), "", False),
    ],
)
def test_an_output_of_classes_is_recognized(output, loss, classes):
    assert has_classes(output, loss) is classes


def test_arrays_of_texts_and_any_names_travel_without_pickle(tmp_path):
    arrays = {"a/b c": np.array(["x", "ÿ"], object), "names": np.zeros((2, 0), "float32")}
    save_arrays(tmp_path / "arrays.npz", arrays)
    found = load_arrays(tmp_path / "arrays.npz")
    assert list(found) == list(arrays)
    assert found["a/b c"].tolist() == ["x", "ÿ"]
    assert found["names"].shape == (2, 0)


def test_a_fixed_batch_size_is_kept_and_the_last_batch_is_filled_and_cut():
    sizes = []

    def run(inputs):
        sizes.append(len(inputs["x"]))
        return {"y": inputs["x"] * 2}

    outputs = run_all(Runner(run), {"x": np.arange(5)}, 2, is_fixed=True)
    np.testing.assert_array_equal(outputs["y"], np.arange(5) * 2)
    assert sizes == [2, 2, 2]
    run_all(Runner(run), {"x": np.arange(5)}, 2)
    assert sizes[3:] == [2, 2, 1]


def test_the_signature_of_a_model_with_a_fixed_batch_size_has_it():
    model = keras.Sequential([keras.Input(batch_shape=(4, 3)), keras.layers.Dense(2)])
    specs, structure = input_specs(model)
    found, _ = outputs_of(model, Signature(specs, (), structure), {specs[0].name: np.zeros((6, 3))})
    assert from_json(to_json(found)) == found
    assert found.batch_size == 4
