"""Layers with an array behind a Permute, where the channels are not the last axis."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import kwidgets as kw

NET = """
input: "data" input_dim: 1 input_dim: 4 input_dim: 7 input_dim: 6
layer { name: "pre" type: "Permute" bottom: "data" top: "pre"
        permute_param { order: 0 order: 3 order: 1 order: 2 } }
layer { name: "x" type: "%s" bottom: "pre" top: "x" %s }
"""


@pytest.mark.parametrize(
    ("kind", "settings"), [("Scale", "scale_param { bias_term: true }"), ("Bias", "")]
)
def test_a_bias_goes_along_the_axis_that_is_caffes_first(
    kind: str, settings: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET % (kind, settings), encoding="utf-8")
    model = kw.import_model(path).model
    factor, bias = model.get_layer("x").get_weights()
    new = np.arange(6, dtype="float32")
    model.get_layer("x").set_weights([factor, new.reshape(bias.shape)])
    data = np.zeros((1, 7, 6, 4), "float32")
    result = keras.ops.convert_to_numpy(model(data))
    expected = np.broadcast_to(new[None, :, None, None], (1, 6, 4, 7))
    np.testing.assert_array_equal(result, expected)
