"""What a file is, is recognised by its content; tiny, damaged and foreign files are told so."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorflow.core.framework import graph_pb2

from kwidgets.formats.detect import detect
from kwidgets.formats.errors import FormatError


def field(number: int, data: bytes) -> bytes:
    """Return a field of bytes, shorter than 128, as protobuf writes it."""
    key = number << 3 | 2
    head = bytes([key]) if key < 128 else bytes([key & 0x7F | 0x80, key >> 7])
    return head + bytes([len(data)]) + data


def graph_def() -> bytes:
    graph = graph_pb2.GraphDef()
    node = graph.node.add(name="x", op="Placeholder")
    node.attr["dtype"].type = 1
    graph.library.SetInParent()
    graph.versions.producer = 27
    return graph.SerializeToString()


FILES = {
    "caffe_net": b'name: "a"\nlayer { name: "x" type: "ReLU" }',
    "caffe_solver": b'net: "a.prototxt"  # layer {\nbase_lr: 0.1\n',
    "caffe_weights": field(1, b"net") + field(100, field(1, b"x")),
    "caffe_mean": b"\x08\x01\x10\x01" + field(5, b"\0" * 8),
    "keras_json": b'{"class_name": "Sequential", "config": []}',
    "frozen_graph": graph_def(),
    "onnx": b"\x08\x07" + field(2, b"pytorch") + field(7, field(2, b"g")),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_recognised_whatever_its_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(FILES[kind])
    assert detect(path) == kind


def test_caffe_weights_of_the_first_version_are_no_graph(tmp_path: Path) -> None:
    path = tmp_path / "net"
    path.write_bytes(field(1, b"AlexNet") + field(2, field(4, b"conv1")))
    assert detect(path) == "caffe_weights"


def test_hdf5_is_recognised_behind_a_block_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "net"
    h5py.File(path, "w", userblock_size=1024).close()
    with open(path, "r+b") as file:
        file.write(b"#!/usr/bin/env tool")
    assert detect(path) == "hdf5"


def test_a_keras_zip_and_a_saved_model(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", "{}")
    assert detect(tmp_path / "net") == "keras_zip"
    # Its weights may stand where HDF5 looks for a signature of its own.
    with zipfile.ZipFile(tmp_path / "net", "a") as archive:
        place = 1024 - archive.start_dir - 30 - len("model.weights.h5")
        archive.writestr("model.weights.h5", b" " * place + b"\x89HDF\r\n\x1a\n")
    assert (tmp_path / "net").read_bytes()[1024:1028] == b"\x89HDF"
    assert detect(tmp_path / "net") == "keras_zip"
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    assert detect(tmp_path) == "saved_model"


def foreign(folder: Path) -> dict[str, bytes]:
    np.save(folder / "a.npy", np.zeros(2))
    with zipfile.ZipFile(folder / "torch", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    with zipfile.ZipFile(folder / "zip", "w") as archive:
        archive.writestr("a.txt", b"")
    return {
        "is empty": b"",
        "file of pickle": pickle.dumps({"a": 1}),
        "file of NumPy": (folder / "a.npy").read_bytes(),
        "file of gzip": b"\x1f\x8b\x08",
        "PyTorch file": (folder / "torch").read_bytes(),
        "config.json is missing": (folder / "zip").read_bytes(),
        "damaged zip": (folder / "zip").read_bytes()[:20],
        "LiteRT": b"\x1c\0\0\0TFL3\0\0",
        "looks like JSON": b'{"class_name": ',
        "text file, but not a model": "Grüße\n".encode(),
        "part of a SavedModel": b"\x08\x01" + field(2, b"\x0a\x01x"),
        "in no format": bytes(range(256)),
        "in no format that": b"\xff",
    }


REASONS = [
    "is empty",
    "file of pickle",
    "file of NumPy",
    "file of gzip",
    "PyTorch file",
    "config.json is missing",
    "damaged zip",
    "LiteRT",
    "looks like JSON",
    "text file, but not a model",
    "part of a SavedModel",
    "in no format",
    "in no format that",
]


@pytest.mark.parametrize("reason", REASONS)
def test_a_file_that_is_no_model_is_told_what_it_is(reason: str, tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(foreign(tmp_path)[reason])
    with pytest.raises(FormatError, match=reason):
        detect(path)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="There is no file"):
        detect(tmp_path / "none")
    with pytest.raises(FormatError, match=r"folder without saved_model\.pb"):
        detect(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(FormatError, match="neither a file nor a folder"):
            detect(tmp_path / "pipe")


def test_json_that_is_nested_too_deep_is_told(tmp_path: Path) -> None:
    path = tmp_path / "deep"
    path.write_text("[" * 200_000)
    with pytest.raises(FormatError, match="looks like JSON"):
        detect(path)


def test_text_cut_within_a_character_is_text(tmp_path: Path) -> None:
    path = tmp_path / "net"
    text = b'layer { name: "x" }\n#' + b"a" * 65_514
    path.write_bytes(text + "ü".encode() * 10)
    assert detect(path) == "caffe_net"


SEEDS = [*FILES.values(), b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", json.dumps({"a": 1}).encode()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SEEDS), st.binary(max_size=60), st.integers(0, 40))
def test_any_bytes_are_a_kind_or_a_format_error(
    tmp_path: Path, seed: bytes, noise: bytes, place: int
) -> None:
    path = tmp_path / "any"
    path.write_bytes(seed[:place] + noise + seed[place + len(noise) // 2 :])
    with contextlib.suppress(FormatError):
        assert isinstance(detect(path), str)
