"""A frozen TensorFlow graph runs inside a Keras layer; a hostile or unfrozen one is refused."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import kwidgets as kw
from kwidgets.formats.errors import FormatError
from tests.formats.small_graphs import frozen_graph

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="a frozen graph needs TensorFlow"
)


@pytest.fixture(name="frozen")
def frozen_file(tmp_path: Path) -> Path:
    path = tmp_path / "net.pb"
    path.write_bytes(frozen_graph())
    return path


def expected(path: Path, image: np.ndarray) -> list[np.ndarray]:
    graph_def = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    with tf.Graph().as_default():
        tf.import_graph_def(graph_def, name="")
        with tf.compat.v1.Session() as session:
            feed = {"image:0": image, "keep_prob:0": 1.0, "training:0": False}
            return session.run(["scores:0", "label:0"], feed)


def test_outputs_are_those_of_tensorflow_and_the_report_says_what_it_is(
    frozen: Path, tmp_path: Path
) -> None:
    model, report = kw.import_model(frozen)
    image = np.random.default_rng(1).normal(size=(5, 6, 6, 2)).astype("float32")
    wanted = expected(frozen, image)
    found = model.predict(image, verbose=0)
    np.testing.assert_allclose(found[0], wanted[0], atol=1e-6)
    np.testing.assert_array_equal(found[1], wanted[1])
    text = report.to_text()
    assert "keep_prob was set to 1.0" in text
    assert "training was set to False" in text
    assert "cannot be trained" in text
    assert report.counts == {"converted": 1, "guessed": 1}
    assert report.facts.num_parameters >= 3 * 3 * 2 * 4
    # The graph travels with the weights.
    model.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(again.predict(image, verbose=0)[0], found[0])


def test_a_graph_that_writes_files_is_refused(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, (None, 2), name="x")
        with tf.control_dependencies([tf.io.write_file(str(tmp_path / "owned"), "a")]):
            tf.identity(x, name="y")
    path = tmp_path / "net.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(FormatError, match="its operations WriteFile"):
        kw.import_model(path)
    assert not (tmp_path / "owned").exists()


def test_a_graph_with_variables_is_told_to_be_frozen_first(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, (None, 2), name="x")
        weight = tf.compat.v1.get_variable("weight", (2, 3), use_resource=False)
        tf.matmul(x, weight)
    path = tmp_path / "net.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(
        FormatError, match="not frozen: the values of its variables, such as weight"
    ):
        kw.import_model(path)


def test_a_constant_far_larger_than_its_file_is_refused(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, (None, 2), name="x")
        tf.identity(x + tf.constant(1.0), name="y")
    graph_def = graph.as_graph_def()
    (constant,) = (node for node in graph_def.node if node.op == "Const")
    for _ in range(2):
        constant.attr["value"].tensor.tensor_shape.dim.add(size=100_000)
    path = tmp_path / "net.pb"
    path.write_bytes(graph_def.SerializeToString())
    with pytest.raises(FormatError, match="its constants would fill 40,000,000,000 bytes"):
        kw.import_model(path)


def test_a_cut_file_is_told(frozen: Path) -> None:
    data = frozen.read_bytes()
    frozen.write_bytes(data[: len(data) // 2])
    with pytest.raises(FormatError, match="ends too early"):
        kw.import_model(frozen)
