"""What an old file says and the model cannot keep is told in the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.formats.import_model import ImportedModel
from kwidgets.language import translated


def imported(folder: Path, outer: dict[str, Any]) -> ImportedModel:
    path = folder / "a.json"
    path.write_text(json.dumps({**outer, "keras_version": "2.15.0", "backend": "tensorflow"}))
    return kw.import_model(path)


def sequential(class_name: str, **config: Any) -> dict[str, Any]:
    layers = [{"class_name": class_name, "config": {"name": "layer", **config}}]
    return {"class_name": "Sequential", "config": {"name": "net", "layers": layers}}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("kernel_regularizer", {"class_name": "Mine", "config": {}}),
        ("kernel_regularizer", "mine"),
        ("kernel_initializer", {"class_name": "Mine", "config": {}}),
        ("kernel_constraint", {"class_name": "Mine", "config": {}}),
        ("loudness", 1),
    ],
)
def test_a_setting_that_is_lost_is_told(setting: str, value: Any, tmp_path: Path) -> None:
    config = {"units": 2, "batch_input_shape": [None, 3], setting: value}
    report = imported(tmp_path, sequential("Dense", **config)).report
    notes = [translated(note) for layer in report.layers for note in layer.notes]
    assert any(setting in note for note in notes)
    assert report.counts["repaired"] == 1


def test_inputs_by_name_are_told_as_a_list(tmp_path: Path) -> None:
    layer = {"class_name": "InputLayer", "inbound_nodes": []}
    layers = [
        {**layer, "name": name, "config": {"name": name, "batch_input_shape": [None, 2]}}
        for name in "ab"
    ]
    calls = [[["a", 0, 0, {}], ["b", 0, 0, {}]]]
    layers.append(
        {"class_name": "Add", "name": "sum", "config": {"name": "sum"}, "inbound_nodes": calls}
    )
    config = {"name": "net", "layers": layers, "output_layers": [["sum", 0, 0]]}
    config["input_layers"] = {"left": ["a", 0, 0], "right": ["b", 0, 0]}
    report = imported(tmp_path, {"class_name": "Functional", "config": config}).report
    assert any("left, right" in translated(note) for note in report.facts.notes)


def test_a_stateful_layer_keeps_its_state(tmp_path: Path) -> None:
    config = {"units": 2, "stateful": True, "batch_input_shape": [1, 3, 2]}
    model = imported(tmp_path, sequential("LSTM", **config)).model
    x = np.ones((1, 3, 2))
    first, second = (keras.ops.convert_to_numpy(model(x)).copy() for _ in range(2))
    assert np.abs(first - second).max() > 1e-4
