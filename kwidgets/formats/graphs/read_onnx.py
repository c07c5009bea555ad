"""Read an ONNX file as a Keras model with one layer that runs it, for inference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.graphs.onnx_header import OnnxHeader, read_header
from kwidgets.formats.graphs.onnx_layer import OnnxModel
from kwidgets.formats.import_report import ImportedLayer, ImportFacts
from kwidgets.formats.imported import Imported
from kwidgets.language import message, t

# ONNX Runtime's names of types.
_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int8)": "int8",
    "tensor(int16)": "int16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(uint8)": "uint8",
    "tensor(uint16)": "uint16",
    "tensor(uint32)": "uint32",
    "tensor(uint64)": "uint64",
    "tensor(bool)": "bool",
}


def read(path: Path, weights: Path | None) -> Imported:
    """Return the ONNX model in a file as a Keras model.

    Raises:
        FormatError: ONNX Runtime is missing or cannot load the file, the file is damaged, has its
            arrays in other files, or takes anything but tensors of numbers.
    """
    if weights is not None:
        raise FormatError(
            t("An ONNX file contains its weights. Pass it alone, without “%1”.", weights)
        )
    data = path.read_bytes()
    header = read_header(data)
    if header.has_external_data:
        raise FormatError(
            t(
                "The weights of “%1” are in other files. Save it as one file: "
                'import onnx; onnx.save(onnx.load("%1"), "one.onnx")',
                path,
            )
        )
    session = _session(path, data)
    inputs = [_spec(each, path) for each in session.get_inputs()]
    outputs = [_spec(each, path) for each in session.get_outputs()]
    if not inputs:
        raise FormatError(t("“%1” has no input to feed.", path))
    layer = OnnxModel(inputs, outputs, name="onnx")
    layer.set_model(data)
    try:
        tensors = [
            keras.Input(batch_shape=tuple(shape), dtype=dtype, name=_layer_name(name))
            for name, shape, dtype in inputs
        ]
        fed = tensors if len(tensors) > 1 else tensors[0]
        model = keras.Model(fed, layer(fed), name="onnx_model")
    except (TypeError, ValueError) as error:
        raise FormatError(t("“%1” cannot be a Keras model: %2", path, str(error)[:300])) from error
    return Imported(model, _facts(path, header, inputs, outputs))


def _session(path: Path, data: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise FormatError(
            t(
                "An ONNX file needs ONNX Runtime, which is not installed. Run: "
                "pip install onnxruntime"
            )
        ) from error
    options = onnxruntime.SessionOptions()
    # A damaged file is an error of ours; ONNX Runtime need not print it too.
    options.log_severity_level = 4
    # Nothing is computed yet: constants of a hostile file could fill the memory.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = str(error).strip().split("\n")[0][:300]
        raise FormatError(t("ONNX Runtime cannot load “%1”: %2", path, reason)) from error


def _spec(node: Any, path: Path) -> tuple[str, list[int | None], str]:
    dtype = _DTYPES.get(node.type)
    if dtype is None:
        raise FormatError(
            t(
                "“%1” of “%2” has the type %3; a Keras model takes tensors of numbers only.",
                node.name,
                path,
                node.type,
            )
        )
    shape = [size if isinstance(size, int) and size >= 0 else None for size in node.shape]
    return node.name, shape, dtype


def _layer_name(name: str) -> str:
    return re.sub(r"\W", "_", name) or "input"


def _facts(
    path: Path,
    header: OnnxHeader,
    inputs: list[tuple[str, list[int | None], str]],
    outputs: list[tuple[str, list[int | None], str]],
) -> ImportFacts:
    layers = [
        ImportedLayer(name, "input", "converted", (_layer_name(name),)) for name, _, _ in inputs
    ]
    counted = ", ".join(f"{count:,} {name}" for name, count in header.operations.most_common(12))
    what = message(
        "%1 operations (%2); outputs: %3.",
        f"{header.operations.total():,}",
        counted,
        ", ".join(name for name, _, _ in outputs),
    )
    layers.append(ImportedLayer("graph", "GraphProto", "converted", ("onnx",), (what,)))
    return ImportFacts(
        f"ONNX ({header.producer})" if header.producer else "ONNX",
        (str(path),),
        tuple(layers),
        (
            message(
                "ONNX Runtime runs the graph inside one Keras layer, on the CPU, for inference: it "
                "has no layers of its own and cannot be trained."
            ),
            message(
                "A .keras file of this model contains the graph. Load it with kw.import_model, "
                "which knows its layer."
            ),
        ),
        num_parameters=header.num_parameters,
    )
