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
# Of a path that is none, such as the text of a JSON file.
_MOST_SHOWN = 200
# What a prototxt begins with, and what one of a net contains.
_FIRST_FIELD = re.compile(r"\s*[A-Za-z_]\w*\s*[:{<]")
_NET = re.compile(r"\b(layers?|input_shape)\s*:?\s*[{<]|\binput\s*:\s*[\"'\[]|\binput_dim\s*:")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# The fields of Caffe's BlobProto, and those of them that hold numbers.
_BLOB_FIELDS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12}
_BLOB_VALUES = {5, 6, 8, 9, 12}
_MAX_JSON_BYTES = 500_000_000


def detect(path: Path) -> Kind:
    """Return what the file or folder is.

    Raises:
        FormatError: it is not there, is empty, or is none of these; says what it is, if known.
    """
    try:
        path.stat()
        is_saved_model = path.is_dir() and (path / "saved_model.pb").exists()
    except PermissionError as error:
        raise FormatError(t("“%1” cannot be read: %2.", path, error.strerror)) from error
    except (OSError, ValueError):
        # ValueError: a name with a zero byte.
        shown = str(path)
        shown = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"
        raise FormatError(t("There is no file “%1”. Check the path.", shown)) from None
    if path.is_dir():
        if is_saved_model:
            return "saved_model"
        raise FormatError(
            t(
                "“%1” is a folder without saved_model.pb. Pass a file, or a SavedModel's folder.",
                path,
            )
        )
    if not path.is_file():
        raise FormatError(t("“%1” is neither a file nor a folder.", path))
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise FormatError(t("“%1” cannot be read: %2.", path, error.strerror)) from error
    if not head:
        raise FormatError(t("“%1” is empty. Download or copy it again.", path))
    # First, because the HDF5 file in a .keras file may stand where HDF5 looks for its signature.
    if head.startswith(_ZIP):
        return _zip_kind(path)
    if _is_hdf5(path):
        return "hdf5"
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
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        # ValueError: also a name that is not UTF-8.
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
    # A short binary file may be valid UTF-8, but not without control characters.
    if re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", head):
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The head of a longer file may end within a character.
        if len(head) < _HEAD_BYTES or error.start < len(head) - 4:
            return _prototxt_with_comments(head)
        return head[: error.start].decode("utf-8-sig")


def _prototxt_with_comments(head: bytes) -> str | None:
    """Return a prototxt whose comments are in an older encoding; None if it is none."""
    bare = re.sub(rb"#[^\n]*", b"", head)
    text = bare.decode("ascii", errors="replace")
    if not bare.isascii() or not _FIRST_FIELD.match(text):
        return None
    return text


def _text_kind(path: Path, text: str) -> Kind:
    if text.lstrip().startswith(("{", "[")):
        try:
            if path.stat().st_size > _MAX_JSON_BYTES:
                raise ValueError(f"{path.stat().st_size:,} bytes")
            json.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise FormatError(
                t("“%1” looks like JSON, but cannot be read: %2.", path, str(error)[:200])
            ) from error
        return "keras_json"
    bare = re.sub(r"#[^\n]*", "", text)
    if _FIRST_FIELD.match(bare):
        if re.search(r"\bbase_lr\s*:", bare):
            return "caffe_solver"
        if _NET.search(bare):
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
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(t("“%1” is text in UTF-16. Save it as UTF-8 in a text editor.", path))
    line = _line_of_other_encoding(head)
    if line:
        raise FormatError(
            t(
                "“%1” is text, but line %2 is not in UTF-8. Save it as UTF-8 in a text editor.",
                path,
                line,
            )
        )
    if head[4:8] == b"TFL3":
        raise FormatError(
            t(
                "“%1” is a LiteRT (TensorFlow Lite) file. Its layers cannot be restored: "
                "import the model from which it was made.",
                path,
            )
        )
    kind = _protobuf_kind(path)
    if kind is not None:
        return kind
    raise FormatError(
        t(
            "“%1” is in no format that can be imported: Caffe, Keras HDF5, .keras, SavedModel, "
            "TensorFlow's frozen graph or ONNX.",
            path,
        )
    )


def _line_of_other_encoding(head: bytes) -> int:
    """Return the first line of a prototxt with letters of an older encoding; 0 if it is none."""
    text = re.sub(rb"#[^\n]*", b"", head).decode("latin-1")
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text):
        return 0
    if not _FIRST_FIELD.match(text) or not _NET.search(text):
        return 0
    place = next((index for index, each in enumerate(text) if each > "\x7f"), -1)
    return text.count("\n", 0, place) + 1 if place >= 0 else 0


def _protobuf_kind(path: Path) -> Kind | None:
    """Return which message of protobuf a file has; None if it is none of those known.

    Raises:
        FormatError: it is the inner file of a SavedModel.
    """
    with open(path, "rb") as file:
        found = protobuf.outline(file, path.stat().st_size)
        types = {number: part.wire_type for number, part in found.items()}
        if types.get(1) == protobuf.VARINT and types.get(7) == protobuf.BYTES:
            return "onnx"
        if types.get(100) == protobuf.BYTES:
            return "caffe_weights"
        if types.get(1) == protobuf.BYTES:
            # Caffe's first field is a name, TensorFlow's a node, which has a name and an operation.
            file.seek(found[1].place)
            first = file.read(min(found[1].length, _HEAD_BYTES))
            if _is_node(first):
                return "frozen_graph"
        if types.get(2) == protobuf.BYTES:
            if types.get(1) != protobuf.VARINT:
                return "caffe_weights"
            raise FormatError(
                t("“%1” is a part of a SavedModel. Pass the folder that contains it.", path)
            )
    if types and set(types) <= _BLOB_FIELDS and types.keys() & _BLOB_VALUES:
        return "caffe_mean"
    return None


def _is_node(data: bytes) -> bool:
    """Return whether bytes begin as a NodeDef of TensorFlow: name and operation, both texts."""
    found: dict[int, object] = {}
    try:
        for field in protobuf.fields(data):
            found.setdefault(field.number, field.value)
    except FormatError:
        # Only the beginning of a large node was read.
        pass
    operation = found.get(2)
    if not isinstance(operation, memoryview) or not isinstance(found.get(1), memoryview):
        return False
    return re.fullmatch(rb"[A-Za-z_>][\w>./\\-]*", bytes(operation)) is not None
