"""``kw.import_model(path, weights=None)``: a Keras model from a file of another system."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras.src.saving.serialization_lib import SafeModeScope

from kwidgets import protocol as wire
from kwidgets.formats.detect import Kind, detect
from kwidgets.formats.errors import FormatError
from kwidgets.formats.memory import check_files
from kwidgets.formats.report import ImportReport
from kwidgets.language import t

# The module of each kind of file; its function `read(path, weights)` returns an Imported.
_READERS: dict[Kind, str] = {
    "caffe_net": "kwidgets.formats.caffe.read",
    "caffe_solver": "kwidgets.formats.caffe.read",
    "caffe_weights": "kwidgets.formats.caffe.read",
    "caffe_mean": "kwidgets.formats.caffe.read",
    "hdf5": "kwidgets.formats.keras_files.read",
    "keras_zip": "kwidgets.formats.keras_files.keras_zip",
    "keras_json": "kwidgets.formats.keras_files.read",
    "saved_model": "kwidgets.formats.keras_files.saved_model",
    "frozen_graph": "kwidgets.formats.graphs.read_frozen_graph",
    "onnx": "kwidgets.formats.graphs.read_onnx",
}


class ImportedModel(NamedTuple):
    """What :func:`kwidgets.import_model` returns: ``model, report = kw.import_model(...)``."""

    model: keras.Model
    report: ImportReport

    def __repr__(self) -> str:
        """Return what the two parts are, and the report."""
        kind, name = type(self.model).__name__, self.model.name
        return f"ImportedModel(model=<{kind} {name!r}>, report=…)\n\n{self.report.to_text()}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {**self.report._repr_mimebundle_(), "text/plain": wire.encodable(repr(self))}


def import_model(
    path: str | os.PathLike[str], weights: str | os.PathLike[str] | None = None
) -> ImportedModel:
    """Return a plain Keras model from a file of another system or an older Keras, and a report.

    What the file is, is recognised by its content. No code of the file is run: neither the
    bytecode of a Lambda nor a pickle.

    Args:
        path: a Caffe prototxt or solver, a Keras file (HDF5, ``.keras``, JSON) of any release, the
            folder of a SavedModel, a frozen TensorFlow graph, or an ONNX file.
        weights: the file of the weights, where they are not in ``path``: a caffemodel, or the HDF5
            file of ``save_weights``.

    Raises:
        FormatError: the file is damaged, of another kind, does not fit the weights, or does
            not fit into memory.
    """
    file = _path(path)
    weights_file = None if weights is None else _path(weights)
    kind = detect(file)
    if weights_file is not None and not os.path.exists(weights_file):
        raise FormatError(t("There is no file “%1”. Check the path.", weights_file))
    check_files([file] if weights_file is None else [file, weights_file])
    # The scope holds where keras.config.enable_unsafe_deserialization() was called, too: Keras
    # puts that setting above the argument safe_mode.
    with SafeModeScope(True):
        imported = importlib.import_module(_READERS[kind]).read(file, weights_file)
    return ImportedModel(imported.model, ImportReport(imported))


def _path(value: str | os.PathLike[str]) -> Path:
    """Return a path that the caller gave; "~" is the home folder.

    Raises:
        FormatError: it is none.
    """
    if not isinstance(value, (str, os.PathLike)):
        raise FormatError(
            t("import_model takes the path of a file, but got %1.", type(value).__name__)
        )
    path = Path(value)
    try:
        return path.expanduser()
    except RuntimeError:
        # There is no such user: a folder may have this name.
        return path
