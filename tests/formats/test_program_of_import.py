"""The program of an imported model runs, and says what it lacks."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

import kwidgets as kw


def test_the_program_of_a_mean_over_an_empty_window_runs(tmp_path: Path) -> None:
    path = tmp_path / "a.prototxt"
    path.write_text(
        'input: "data" input_dim: 1 input_dim: 2 input_dim: 5 input_dim: 5\n'
        'layer { name: "p" type: "Pooling" bottom: "data" top: "p"\n'
        "        pooling_param { pool: AVE kernel_size: 1 stride: 3 } }\n",
        encoding="utf-8",
    )
    model, report = kw.import_model(path)
    names: dict[str, keras.Model] = {}
    exec(report.to_code(), names)
    assert names["model"].output_shape == model.output_shape


def test_a_loss_of_keras_is_written_by_its_name(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", keras.losses.binary_crossentropy)
    model.save(tmp_path / "a.keras")
    program = kw.import_model(tmp_path / "a.keras").report.to_code()
    assert 'loss="binary_crossentropy"' in program


def test_the_program_of_a_model_that_was_cut_says_where(tmp_path: Path) -> None:
    layers = [
        {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [1, 3]}},
        {"class_name": "Lambda", "config": {"name": "secret", "function": ["4wEA", None, None]}},
    ]
    outer = {"class_name": "Sequential", "config": layers, "keras_version": "2.2.4"}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**outer, "backend": "tensorflow"}), encoding="utf-8")
    report = kw.import_model(path).report
    head = report.to_code().split("import keras")[0]
    assert "ends at d." in head
    assert "missing: secret." in head
    assert "keras_tensor" not in report.to_text()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="texts need TensorFlow")
def test_the_program_has_or_reads_the_vocabulary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    few, many = keras.layers.StringLookup(name="few"), keras.layers.TextVectorization(name="many")
    few.adapt(["a", "b c"])
    many.adapt([f"é{number}" for number in range(200)])
    number = keras.layers.IntegerLookup(name="number")
    number.adapt([5, 7])
    text, integer = keras.Input((1,), dtype="string"), keras.Input((1,), dtype="int64")
    model = keras.Model([text, integer], [few(text), many(text), number(integer)])
    model.save("a.keras")
    report = kw.import_model("a.keras").report
    program = report.to_code("a.weights.h5")
    assert "vocabulary=json.loads(Path(" in program
    names: dict[str, keras.Model] = {}
    exec(program, names)
    arrays = [np.array([["b c"], ["é7"]]), np.array([[7], [5]])]
    inputs = [keras.ops.convert_to_tensor(each) for each in arrays]
    for found, expected in zip(names["model"](inputs), model(inputs), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="texts need TensorFlow")
def test_the_program_says_which_vocabulary_it_lacks(tmp_path: Path) -> None:
    layer = keras.layers.StringLookup(name="words", output_mode="tf_idf")
    layer.adapt([["a", "b"]])
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer])
    model.save(tmp_path / "a.keras")
    report = kw.import_model(tmp_path / "a.keras").report
    assert "adapt of words" in report.to_code().split("import keras")[0]
