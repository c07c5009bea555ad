"""Weights of ``.keras`` files of Keras 2 come into their layers, however these are nested."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.formats.errors import FormatError

to_numpy = keras.ops.convert_to_numpy


def write(path: Path, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> Path:
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", data.getvalue())
    return path


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def test_cells_of_an_rnn_have_their_own_weights(tmp_path: Path) -> None:
    kinds = ["SimpleRNNCell"] * 12 + ["GRUCell"]
    cells = [layer(kind, name=f"c{index}", units=1) for index, kind in enumerate(kinds)]
    arrays = {}
    for index in range(12):
        root = "layers/rnn/cell/cells/simple_rnn_cell" + (f"_{index}" if index else "")
        for place, shape in enumerate([(1, 1), (1, 1), (1,)]):
            arrays[f"{root}/vars/{place}"] = np.full(shape, index, "float32")
    for place, shape in enumerate([(1, 3), (1, 3), (2, 3)]):
        arrays[f"layers/rnn/cell/cells/gru_cell/vars/{place}"] = np.full(shape, 12, "float32")
    rnn = layer("RNN", name="rnn", cell=layer("StackedRNNCells", name="s", cells=cells))
    entry = layer("InputLayer", name="x", batch_input_shape=[None, 3, 1])
    config = layer("Sequential", name="net", layers=[entry, rnn])
    model = kw.import_model(write(tmp_path / "a.keras", config, arrays)).model
    found = [float(np.ravel(each)[0]) for each in model.get_weights()]
    assert found == [float(index) for index in range(13) for _ in range(3)]


def test_a_layer_within_and_outside_of_an_inner_model_has_its_weights(tmp_path: Path) -> None:
    dense = layer("Dense", name="dense", units=2)
    entry = layer("InputLayer", name="y", batch_input_shape=[None, 2])
    inner = layer("Sequential", name="inner", layers=[entry, dense])
    first = layer("InputLayer", name="x", batch_input_shape=[None, 2])
    config = layer(
        "Functional",
        name="net",
        layers=[
            {**first, "name": "x", "inbound_nodes": []},
            {**inner, "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]]]},
            {**dense, "name": "dense", "inbound_nodes": [[["inner", 0, 0, {}]]]},
        ],
        input_layers=[["x", 0, 0]],
        output_layers=[["dense", 0, 0]],
    )
    root = "layers/sequential/layers/dense/vars"
    kernel = np.array([[1, 2], [3, 4]], "float32")
    arrays = {f"{root}/0": kernel, f"{root}/1": np.zeros(2, "float32")}
    model = kw.import_model(write(tmp_path / "a.keras", config, arrays)).model
    np.testing.assert_allclose(to_numpy(model(np.eye(2))), kernel @ kernel)


def test_averages_that_were_adapted_are_used(tmp_path: Path) -> None:
    config = layer(
        "Sequential",
        name="net",
        layers=[
            layer("InputLayer", name="x", batch_input_shape=[None, 2]),
            layer("Normalization", name="normalization", axis=[-1], mean=None, variance=None),
        ],
    )
    root = "layers/normalization/vars"
    arrays = {
        f"{root}/0": np.array([1, 2], "float32"),
        f"{root}/1": np.array([4, 9], "float32"),
        f"{root}/2": np.array(7, "int64"),
    }
    model = kw.import_model(write(tmp_path / "a.keras", config, arrays)).model
    np.testing.assert_allclose(to_numpy(model(np.array([[3.0, 5.0]]))), [[1.0, 1.0]], atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="texts need TensorFlow")
def test_an_input_of_texts_takes_texts(tmp_path: Path) -> None:
    config = layer(
        "Sequential",
        name="net",
        layers=[
            layer("InputLayer", name="x", batch_input_shape=[None], dtype="string"),
            layer("StringLookup", name="lookup", vocabulary=["a", "b"], dtype="int64"),
        ],
    )
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**config, "keras_version": "2.15.0", "backend": "tensorflow"}))
    model = kw.import_model(path).model
    assert model.inputs[0].dtype == "string"
    import tensorflow as tf

    assert model(tf.constant(["b", "c"])).numpy().tolist() == [2, 0]


def test_no_bytecode_is_run_where_the_session_allows_it(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    paths = [tmp_path / "a.keras", tmp_path / "a.h5"]
    for path in paths:
        model.save(path)
    keras.config.enable_unsafe_deserialization()
    try:
        for path in paths:
            with pytest.raises(FormatError, match=r"[Ll]ambda"):
                kw.import_model(path)
    finally:
        keras.src.backend.common.global_state.set_global_attribute("safe_mode_saving", None)
