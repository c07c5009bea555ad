"""An ONNX file runs inside a Keras layer on every backend, with the outputs of ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.formats.errors import FormatError
from tests.formats.small_graphs import onnx_model

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(name="path")
def onnx_file(tmp_path: Path) -> Path:
    onnx.save(onnx_model(), tmp_path / "net.bin")
    return tmp_path / "net.bin"


def data() -> list[np.ndarray]:
    random = np.random.default_rng(1)
    shapes = ((5, 3, 8, 8), (5, 4))
    return [random.normal(size=shape).astype("float32") for shape in shapes]


def test_outputs_are_those_of_onnx_runtime_and_survive_saving(path: Path, tmp_path: Path) -> None:
    model, report = kw.import_model(path)
    image, factor = data()
    wanted = onnxruntime.InferenceSession(path).run(None, {"image": image, "factor": factor})
    found = model.predict([image, factor], verbose=0, batch_size=2)
    np.testing.assert_allclose(found[0], wanted[0], atol=1e-6)
    np.testing.assert_array_equal(found[1], wanted[1])
    assert "for inference" in report.to_text()
    assert "1 Conv" in report.to_text()
    assert report.facts.source == "ONNX (tests)"
    assert report.facts.num_parameters == 4 * 3 * 3 * 3
    model.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(again.predict([image, factor], verbose=0)[1], wanted[1])


def test_weights_in_other_files_are_told_how_to_be_joined(tmp_path: Path) -> None:
    model = onnx_model()
    onnx.save(
        model,
        tmp_path / "net.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    with pytest.raises(FormatError, match=r"weights of .* are in other files"):
        kw.import_model(tmp_path / "net.onnx")


def test_a_damaged_file_and_an_unknown_operation_are_told(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 40])
    with pytest.raises(FormatError, match=r"ends too early|cannot load"):
        kw.import_model(path)
    model = onnx_model()
    model.graph.node[1].op_type = "Nonsense"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(FormatError, match=r"ONNX Runtime cannot load .*Nonsense"):
        kw.import_model(path)


def test_an_input_of_texts_is_told(path: Path) -> None:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Identity", ["a"], ["b"])],
        "net",
        [helper.make_tensor_value_info("a", TensorProto.STRING, [None])],
        [helper.make_tensor_value_info("b", TensorProto.STRING, [None])],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    with pytest.raises(FormatError, match="tensors of numbers only"):
        kw.import_model(path)
