"""Layers in files of Keras 2 pass on the masks that Keras 2 passed on, or the report says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw

to_numpy = keras.ops.convert_to_numpy

STEPS = np.array([[1, 2, 3, 0, 0], [4, 0, 5, 1, 0]])
OTHERS = np.array([[1, 2, 0, 3, 0], [0, 2, 5, 1, 4]])


def layer(class_name: str, name: str, inputs: list[str], **config: Any) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": [[[each, 0, 0, {}] for each in inputs]] if inputs else [],
    }


def imported(folder: Path, merge: str, second: dict[str, Any]) -> Any:
    layers = [
        layer("InputLayer", "x", [], batch_input_shape=[None, 5], dtype="int32"),
        layer("InputLayer", "y", [], batch_input_shape=[None, 5], dtype="int32"),
        layer("Embedding", "first", ["x"], input_dim=6, output_dim=4, mask_zero=True),
        layer("Embedding", "second", ["y"], input_dim=6, output_dim=4, **second),
        layer(merge, "concatenate", ["first", "second"]),
        layer("Dropout", "dropout", ["concatenate"], rate=0.5),
        layer("LSTM", "lstm", ["dropout"], units=2, recurrent_activation="sigmoid"),
    ]
    config = {
        "name": "net",
        "layers": layers,
        "input_layers": [["x", 0, 0], ["y", 0, 0]],
        "output_layers": [["lstm", 0, 0]],
    }
    path = folder / "model.json"
    outer = {"class_name": "Functional", "config": config, "keras_version": "2.15.0"}
    path.write_text(json.dumps({**outer, "backend": "tensorflow"}), encoding="utf-8")
    return kw.import_model(path).model


@pytest.mark.parametrize("has_both", [False, True])
@pytest.mark.parametrize("merge", ["Add", "Maximum", "Concatenate"])
def test_steps_count_where_all_inputs_that_have_a_mask_are_valid(
    merge: str, has_both: bool, tmp_path: Path
) -> None:
    model = imported(tmp_path, merge, {"mask_zero": has_both})
    valid = (STEPS != 0) & ((OTHERS != 0) | (not has_both))
    pair = [
        to_numpy(model.get_layer(name)(data))
        for name, data in (("first", STEPS), ("second", OTHERS))
    ]
    merged = getattr(keras.layers, merge)()(pair)
    expected = to_numpy(model.get_layer("lstm")(merged, mask=valid))
    np.testing.assert_allclose(to_numpy(model([STEPS, OTHERS])), expected, atol=1e-6)
    model.save(tmp_path / "saved.keras")
    again = keras.saving.load_model(tmp_path / "saved.keras")
    np.testing.assert_allclose(to_numpy(again([STEPS, OTHERS])), expected, atol=1e-6)


def test_an_operation_of_a_mask_may_be_called_like_a_layer(tmp_path: Path) -> None:
    model = imported(tmp_path, "Concatenate", {"mask_zero": True})
    names = [each.name for each in model.operations]
    assert "concatenate" in names
    assert len(set(names)) == len(names)


NESTED = [layer("InputLayer", "i", [], batch_input_shape=[None, 5, 4], dtype="float32")]
SHARED = {"units": 4, "activation": "linear"}


def imported_layers(folder: Path, layers: list[Any], inputs: list[str], output: str) -> Any:
    config = {
        "name": "net",
        "layers": layers,
        "input_layers": [[each, 0, 0] for each in inputs],
        "output_layers": [[output, 0, 0]],
    }
    path = folder / "model.json"
    outer = {"class_name": "Functional", "config": config, "keras_version": "2.15.0"}
    path.write_text(json.dumps({**outer, "backend": "tensorflow"}), encoding="utf-8")
    return kw.import_model(path)


def model_inside(name: str, layers: list[Any], output: str, takes: str) -> dict[str, Any]:
    config = {"name": name, "layers": layers, "input_layers": [["i", 0, 0]]}
    entry = layer("Functional", name, [takes])
    entry["config"] = {**config, "output_layers": [[output, 0, 0]]}
    return entry


def words() -> list[dict[str, Any]]:
    return [
        layer("InputLayer", "x", [], batch_input_shape=[None, 5], dtype="int32"),
        layer("Embedding", "embedding", ["x"], input_dim=6, output_dim=4, mask_zero=True),
    ]


def test_a_mask_that_enters_a_model_with_a_merge_is_said_in_the_report(tmp_path: Path) -> None:
    inside = [
        *NESTED,
        layer("Dense", "dense", ["i"], **SHARED),
        layer("Add", "add", ["i", "dense"]),
    ]
    layers = [*words(), model_inside("inner", inside, "add", "embedding")]
    report = imported_layers(tmp_path, layers, ["x"], "inner").report
    assert report.counts["guessed"] == 1
    assert "mask enters this model from outside" in report.to_text()


def test_a_layer_that_drops_masks_in_keras_2_only_is_said_in_the_report(tmp_path: Path) -> None:
    layers = [*words(), layer("Rescaling", "scale", ["embedding"], scale=2.0, offset=0.0)]
    report = imported_layers(tmp_path, layers, ["x"], "scale").report
    assert "Keras 2 dropped the mask here" in report.to_text()


@pytest.mark.parametrize("first_has_identity", [False, True])
def test_a_layer_of_two_models_becomes_two_and_the_report_says_so(
    first_has_identity: bool, tmp_path: Path
) -> None:
    one, two = layer("Dense", "d", ["i"], **SHARED), layer("Dense", "d", ["i"], **SHARED)
    two["shared_object_id"] = 3
    if first_has_identity:
        one["shared_object_id"] = 3
    layers = [
        layer("InputLayer", "x", [], batch_input_shape=[None, 5, 4], dtype="float32"),
        model_inside("a", [*NESTED, one], "d", "x"),
        model_inside("b", [*NESTED, two], "d", "a"),
    ]
    text = imported_layers(tmp_path, layers, ["x"], "b").report.to_text()
    assert text.count("uses this layer in several models") == 1
    two["shared_object_id"], one["shared_object_id"] = 4, 5
    assert "several" not in imported_layers(tmp_path, layers, ["x"], "b").report.to_text()
