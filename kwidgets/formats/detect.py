"""Recognise what is in a file by its content, never by its name."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Literal, TypeAlias

from kwidgets.formats import protobuf
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

Kind: TypeAlias = Literal[
    "caffe_net",  # prototxt
    "caffe_solver",  # prototxt with base_lr
    "caffe_weights",  # caffemodel
    "caffe_mean",  # binaryproto
    "hdf5",
    "keras_zip",
    "keras_json",
    "saved_model",  # a folder
    "frozen_graph",
    "onnx",
]

_HEAD_BYTES = 65_536
_HDF5 = b"\x89HDF\r\n\x1a\n"


def detect(path: Path) -> Kind:
    """Return what the file or folder is.

    Raises:
        FormatError: it is not there, is empty, or is none of these; says what it is, if known.
    """
    if not path.exists():
        raise FormatError(t("There is no file “%1”. Check the path.", path))
    if path.is_dir():
        if (path / "saved_model.pb").exists():
            return "saved_model"
        raise FormatError(
            t(
                "“%1” is a folder without saved_model.pb. Pass a file, or a SavedModel's folder.",
                path,
            )
        )
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise FormatError(t("“%1” is empty. Download or copy it again.", path))
    if _is_hdf5(path):
        return "hdf5"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if (text := _as_text(head)) is not None:
        return _text_kind(path, text)
    return _binary_kind(path, head)


def _is_hdf5(path: Path) -> bool:
    # The signature stands at 0, or at 512, 1024, 2048 … behind a block of the user.
    size, place = path.stat().st_size, 0
    with open(path, "rb") as file:
        while place < size:
            file.seek(place)
            if file.read(len(_HDF5)) == _HDF5:
                return True
            place = 512 if not place else place * 2
    return False


def _zip_kind(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise FormatError(
            t("“%1” is a damaged zip file. Download or copy it again.", path)
        ) from error
    if {"config.json", "metadata.json"} <= names:
        return "keras_zip"
    if any(name.endswith("data.pkl") for name in names):
        raise FormatError(
            t(
                "“%1” is a PyTorch file. Its pickled code is never run. "
                "Export it to ONNX with torch.onnx.export.",
                path,
            )
        )
    raise FormatError(
        t(
            "“%1” is a zip file, but not a Keras model: config.json is missing. Unpack it first.",
            path,
        )
    )


def _as_text(head: bytes) -> str | None:
    if b"\x00" in head:
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The head may end within a character.
        if error.start < len(head) - 4:
            return None
        return head[: error.start].decode("utf-8-sig")


def _text_kind(path: Path, text: str) -> Kind:
    if text.lstrip().startswith(("{", "[")):
        try:
            json.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise FormatError(
                t("“%1” looks like JSON, but cannot be read: %2.", path, str(error)[:200])
            ) from error
        return "keras_json"
    bare = re.sub(r"#[^\n]*", "", text)
    if re.search(r"\bbase_lr\s*:", bare):
        return "caffe_solver"
    if re.search(r"\b(layers?|input|input_dim|input_shape)\s*[:{<]", bare):
        return "caffe_net"
    raise FormatError(
        t(
            "“%1” is a text file, but not a model: neither Caffe's prototxt nor JSON of Keras.",
            path,
        )
    )


def _binary_kind(path: Path, head: bytes) -> Kind:
    foreign = {
        b"\x80\x02": "pickle",
        b"\x80\x03": "pickle",
        b"\x80\x04": "pickle",
        b"\x80\x05": "pickle",
        b"\x93NUMPY": "NumPy",
        b"\x1f\x8b": "gzip",
        b"GGUF": "GGUF",
    }
    for signature, name in foreign.items():
        if head.startswith(signature):
            raise FormatError(
                t("“%1” is a file of %2, which is not a model that can be imported.", path, name)
            )
    if head[4:8] == b"TFL3":
        raise FormatError(
            t(
                "“%1” is a LiteRT (TensorFlow Lite) file. Its layers cannot be restored: "
                "import the model from which it was made.",
                path,
            )
        )
    numbers = _first_fields(path)
    if numbers:
        if {1, 7} <= set(numbers) and numbers[1] == protobuf.VARINT:
            return "onnx"
        # Of Caffe, with or without the net's name; a frozen graph has a message of versions.
        is_graph = numbers.get(4) == protobuf.BYTES
        has_layers = numbers.get(100) == protobuf.BYTES or (
            numbers.get(2) == protobuf.BYTES and not is_graph
        )
        if has_layers and numbers.get(1, protobuf.BYTES) == protobuf.BYTES:
            return "caffe_weights"
        if numbers.get(1) == protobuf.BYTES:
            return "frozen_graph"
        if set(numbers) <= {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12}:
            return "caffe_mean"
    raise FormatError(
        t(
            "“%1” is in no format that can be imported: Caffe, Keras HDF5, .keras, SavedModel, "
            "TensorFlow's frozen graph or ONNX.",
            path,
        )
    )


def _first_fields(path: Path) -> dict[int, int]:
    """Return the field numbers of a protobuf file with their wire types, or {} if it is none."""
    import mmap

    found: dict[int, int] = {}
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        view = memoryview(data)
        try:
            for field in protobuf.fields(view):
                found.setdefault(field.number, field.wire_type)
                if isinstance(field.value, memoryview):
                    field.value.release()
        except FormatError:
            # A file that ends early is one of its kind all the same; its reader says so.
            return found if len(found) > 1 else {}
        finally:
            view.release()
    return found
