"""What cannot be exported is one sentence; a stopped export leaves no half-written file."""

from __future__ import annotations

import _thread
import os
import threading

import keras
import numpy as np
import pytest

import kwidgets
from kwidgets.formats.export.problems import problem_of
from kwidgets.formats.export.targets import TARGETS
from tests.formats.export.tiny import tiny_model


def test_a_model_without_weights_is_refused_with_what_to_do(tmp_path):
    model = keras.Sequential([keras.layers.Dense(2)])
    with pytest.raises(kwidgets.FormatError, match="has no weights yet"):
        kwidgets.export(model, folder=tmp_path)


def test_what_is_no_model_and_an_unknown_target_are_refused(tmp_path):
    with pytest.raises(TypeError, match="needs a Keras model"):
        kwidgets.export("model.keras")  # type: ignore[arg-type]
    model, *_ = tiny_model()
    with pytest.raises(ValueError, match="unknown target 'caffe'"):
        kwidgets.export(model, targets=["caffe"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        (np.zeros((4, 5, 5, 1)), r"takes shape \(None, 6, 6, 1\), not \(4, 5, 5, 1\)"),
        (np.array([["a"]]), "takes numbers of type float32"),
        (np.zeros((0, 6, 6, 1)), "same number of rows, at least 1"),
        ({"image": np.zeros((4, 6, 6, 1))}, "no input “picture”"),
    ],
)
def test_samples_that_do_not_fit_are_refused_by_name(samples, text, tmp_path):
    model, *_ = tiny_model()
    with pytest.raises(kwidgets.FormatError, match=text):
        kwidgets.export(model, samples, folder=tmp_path / "exports")
    assert not (tmp_path / "exports").exists()


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path):
    model, *_ = tiny_model()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(kwidgets.FormatError, match="is a file"):
        kwidgets.export(model, folder=tmp_path / "file")


def test_a_folder_and_targets_that_cannot_be_are_refused_in_one_sentence(tmp_path):
    model, *_ = tiny_model()
    for folder in (tmp_path / ("a" * 300), 3):
        with pytest.raises(kwidgets.FormatError, match="cannot be a folder"):
            kwidgets.export(model, targets=["keras"], folder=folder)
    with pytest.raises(kwidgets.FormatError, match="names of formats"):
        kwidgets.export(model, targets=3, folder=tmp_path)


def test_a_stopped_export_ends_at_once_and_leaves_no_file(tmp_path):
    model, x, _ = tiny_model()
    exports = kwidgets.export(
        model, x, targets=["litert", "saved_model"], folder=tmp_path, wait=False
    )
    exports.stop()
    assert exports.facts.state == "stopped"
    assert {row.status for row in exports} == {"stopped"}
    assert os.listdir(tmp_path) == []


def test_an_interrupted_cell_ends_the_export_and_does_not_succeed(tmp_path):
    model, x, _ = tiny_model()
    converting = threading.Event()

    def interrupt() -> None:
        while not list(tmp_path.glob(".*.partial-*")):
            converting.wait(0.05)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        kwidgets.export(model, x, targets=["saved_model"], folder=tmp_path, verbose=False)
    thread.join()
    assert os.listdir(tmp_path) == []


def test_a_format_that_fails_does_not_change_the_model_or_keep_temporary_files(tmp_path):
    model, x, _ = tiny_model()
    before = model.get_weights()
    exports = kwidgets.export(model, x, targets=["tfjs"], folder=tmp_path, verbose=False)
    assert exports.facts.state == "done"
    assert not exports.job.prepared.work.path.exists()
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            TypeError("Could not locate class 'Mine'. Make sure custom classes are decorated"),
            "does not know",
        ),
        (
            ValueError("Requested the deserialization of a `Lambda` layer … `safe_mode=False`"),
            "Lambda layer",
        ),
        (RuntimeError("error: 'tf.Foo' op is neither a custom op nor a flex op"), "no counterpart"),
        (MemoryError(), "Memory ran out"),
        (
            TypeError(
                "Exception encountered when calling GRU.call().\n\n\x1b[1mShapes must be 1D "
                "sequences of concrete values of integer type\x1b[0m\n\nArguments received"
            ),
            "known in advance",
        ),
        (
            ValueError("'模型' is not a valid root scope name. A root scope name has to match"),
            "cannot run a model or layer of the name",
        ),
        (
            RuntimeError(
                "Select TensorFlow op(s), included in the given model, is(are) not supported by "
                "this interpreter.\nNode number 5 (FlexTensorListReserve) failed to prepare."
            ),
            "an operation of TensorFlow itself",
        ),
        (
            RuntimeError(
                '<unknown>:0: error: loc(callsite(fused["BatchMatMulV3:"])): '
                "'tfl.fully_connected' op operand #0 must be tensor of 32-bit float or QI8 type "
                "values, but got 'tensor<?x8xi8>'\n<unknown>:0: note: loc(fused)): called from"
            ),
            "LiteRT int8 quantizes it",
        ),
        (
            TypeError("'_DimExpr' object cannot be interpreted as an integer"),
            "known in advance",
        ),
        (ValueError("\x1b[1mshapes\x1b[0m differ\nmore"), "could not be made"),
    ],
)
def test_what_a_converter_raises_becomes_one_sentence(error, words):
    problem = problem_of(error, "LiteRT")
    assert words in problem["key"]
    assert all("\n" not in str(value) and "\x1b" not in str(value) for value in problem["values"])


def test_each_target_names_its_packages():
    assert len({target.id for target in TARGETS}) == len(TARGETS)
    assert all(target.install.startswith("pip install ") for target in TARGETS)
