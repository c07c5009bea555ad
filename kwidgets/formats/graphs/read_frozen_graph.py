"""Read a frozen graph of TensorFlow 1 as a Keras model with one layer, for inference."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras

from kwidgets.formats import protobuf
from kwidgets.formats.errors import FormatError
from kwidgets.formats.graphs.frozen_graph_layer import FrozenGraph, refused_operations
from kwidgets.formats.import_report import ImportedLayer, ImportFacts
from kwidgets.formats.imported import Imported
from kwidgets.language import Message, message, t

# Nodes that nobody consumes, and that are no results.
_NO_RESULTS = {"NoOp", "Assert", "Const", "Print", "Placeholder", "PlaceholderWithDefault"}
_VARIABLES = {"Variable", "VariableV2", "VarHandleOp", "VarIsInitializedOp"}
# The least bytes of a node, with its key and length, for which its object takes no more memory
# than a few times the file.
_MIN_BYTES_PER_NODE = 10
_MAX_CONSTANT_BYTES = 64_000_000


def read(path: Path, weights: Path | None) -> Imported:
    """Return the graph in a file as a model.

    Inputs are the placeholders, outputs what no other node uses.

    Raises:
        FormatError: the file is damaged, the graph is not frozen or has operations that are
            refused, or the backend is not TensorFlow.
    """
    if weights is not None:
        raise FormatError(
            t("A frozen graph contains its weights. Pass it alone, without “%1”.", weights)
        )
    if keras.backend.backend() != "tensorflow":
        raise FormatError(
            t(
                "A frozen graph runs on the TensorFlow backend only; this is %1. Set "
                "KERAS_BACKEND=tensorflow before Keras is imported, or convert the file to ONNX "
                "with tf2onnx.",
                keras.backend.backend(),
            )
        )
    data = path.read_bytes()
    graph = _parsed(path, data)
    _check(path, graph, len(data))
    inputs, constants, notes = _inputs(path, graph)
    outputs = _outputs(path, graph)
    return _imported(path, data, graph, inputs, constants, outputs, notes)


def _parsed(path: Path, data: bytes) -> Any:
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    count = sum(1 for field in protobuf.fields(data) if field.number == 1)
    graph = tf.compat.v1.GraphDef()
    try:
        if count * _MIN_BYTES_PER_NODE > len(data):
            raise DecodeError("nodes without names")
        graph.ParseFromString(data)
    except DecodeError as error:
        raise FormatError(
            t("“%1” is damaged: %2. Download or copy it again.", path, error)
        ) from error
    if not any(node.op for node in graph.node):
        raise FormatError(t("“%1” has no operations: it is not a TensorFlow graph.", path))
    return graph


def _check(path: Path, graph: Any, size: int) -> None:
    if refused := refused_operations(graph):
        raise FormatError(
            t(
                "“%1” is refused: its operations %2 read or write files, or run Python code.",
                path,
                ", ".join(refused),
            )
        )
    variables = [node.name for node in graph.node if node.op in _VARIABLES]
    if variables:
        raise FormatError(
            t(
                "“%1” is not frozen: the values of its variables, such as %2, are in a checkpoint. "
                "Freeze it with tf.compat.v1.graph_util.convert_variables_to_constants.",
                path,
                variables[0],
            )
        )
    declared = sum(_constant_sizes(graph))
    if declared > max(_MAX_CONSTANT_BYTES, 4 * size):
        raise FormatError(
            t(
                "“%1” is refused: its constants would fill %2 bytes of memory, from a file of %3.",
                path,
                f"{declared:,}",
                f"{size:,}",
            )
        )


def _constant_sizes(graph: Any) -> Iterator[int]:
    """Return the bytes that each constant declares; one value may stand for a whole array."""
    for node in graph.node:
        if node.op == "Const":
            yield 4 * math.prod(
                max(dim.size, 0) for dim in node.attr["value"].tensor.tensor_shape.dim
            )


def _inputs(
    path: Path, graph: Any
) -> tuple[list[tuple[str, list[int | None], str]], dict[str, Any], list[Message]]:
    """Return name, shape and dtype of each input; values for settings such as keep_prob; notes."""
    import tensorflow as tf

    found, constants = [], {}
    notes: list[Message] = []
    for node in graph.node:
        if node.op != "Placeholder":
            continue
        shape = node.attr["shape"].shape
        try:
            dtype = tf.dtypes.as_dtype(node.attr["dtype"].type).name
        except TypeError as error:
            raise FormatError(
                t("“%1” is damaged: %2. Download or copy it again.", path, error)
            ) from error
        if shape.unknown_rank or "shape" not in node.attr:
            raise FormatError(
                t(
                    "The input “%1” of “%2” has no shape. Export the graph with the shape of its "
                    "placeholder.",
                    node.name,
                    path,
                )
            )
        sizes = [None if size.size < 0 else int(size.size) for size in shape.dim]
        if sizes:
            found.append((f"{node.name}:0", sizes, dtype))
            continue
        value = _setting(node.name, dtype)
        if value is None:
            raise FormatError(
                t(
                    "The input “%1” of “%2” is a single number, which a Keras model cannot take. "
                    "Replace it with a constant, and freeze the graph again.",
                    node.name,
                    path,
                )
            )
        constants[f"{node.name}:0"] = value
        notes.append(
            message("%1 was set to %2, for inference, judged by its name.", node.name, str(value))
        )
    if not found:
        raise FormatError(t("“%1” has no placeholder, so there is no input to feed.", path))
    return found, constants, notes


def _setting(name: str, dtype: str) -> Any:
    """Return the value for inference of a scalar placeholder, judged by its name; or None."""
    if dtype == "bool":
        return False
    if dtype.startswith("float") and re.search("keep", name, re.IGNORECASE):
        return 1.0
    if dtype.startswith("float") and re.search("drop", name, re.IGNORECASE):
        return 0.0
    return None


def _outputs(path: Path, graph: Any) -> list[str]:
    used = set()
    for node in graph.node:
        for name in node.input:
            used.add(name.removeprefix("^").split(":")[0])
    names = [
        f"{node.name}:0"
        for node in graph.node
        if node.name not in used and node.op and node.op not in _NO_RESULTS
    ]
    if not names:
        raise FormatError(t("“%1” has no output: each of its operations feeds another one.", path))
    return names


def _imported(
    path: Path,
    data: bytes,
    graph: Any,
    inputs: Sequence[tuple[str, list[int | None], str]],
    constants: dict[str, Any],
    outputs: list[str],
    notes: Sequence[Message],
) -> Imported:
    names = [name for name, _, _ in inputs]
    layer = FrozenGraph(names, outputs, [[[], "float32"]] * len(outputs), constants, name="graph")
    layer.set_graph(data)
    try:
        tensors = layer.function().outputs
        # No operation has run yet; TensorFlow has only compared shapes and types.
        layer.output_specs = [
            [_batched(tensor.shape, path, tensor.name), tensor.dtype.name] for tensor in tensors
        ]
    except FormatError:
        raise
    except Exception as error:
        raise FormatError(
            t("TensorFlow cannot load the graph in “%1”: %2", path, _short(error))
        ) from error
    try:
        keras_inputs = [
            keras.Input(batch_shape=tuple(shape), dtype=dtype, name=_layer_name(name))
            for name, shape, dtype in inputs
        ]
        result = layer(keras_inputs if len(keras_inputs) > 1 else keras_inputs[0])
        model = keras.Model(
            keras_inputs if len(keras_inputs) > 1 else keras_inputs[0], result, name="frozen_graph"
        )
    except (TypeError, ValueError) as error:
        raise FormatError(
            t("The graph in “%1” cannot be a Keras model: %2", path, _short(error))
        ) from error
    facts = ImportFacts(
        "TensorFlow 1 (frozen graph)",
        (str(path),),
        tuple(_layers(graph, inputs, outputs, notes)),
        (
            message(
                "The graph runs inside one Keras layer, for inference: it has no layers of its "
                "own, cannot be trained, and needs the TensorFlow backend."
            ),
            message(
                "A .keras file of this model contains the graph. Load it with kw.import_model, "
                "which knows its layer."
            ),
        ),
        num_parameters=_num_parameters(graph),
    )
    return Imported(model, facts)


def _layers(
    graph: Any,
    inputs: Sequence[tuple[str, list[int | None], str]],
    outputs: Sequence[str],
    notes: Sequence[Message],
) -> list[ImportedLayer]:
    found = [
        ImportedLayer(name.removesuffix(":0"), "Placeholder", "converted", (_layer_name(name),))
        for name, _, _ in inputs
    ]
    what = message("%1 operations; outputs: %2.", f"{len(graph.node):,}", ", ".join(outputs))
    outcome: Any = "guessed" if notes else "converted"
    found.append(ImportedLayer("graph", "GraphDef", outcome, ("graph",), (what, *notes)))
    return found


def _batched(shape: Any, path: Path, name: str) -> list[int | None]:
    if shape.rank is None:
        raise FormatError(
            t("The output “%1” of “%2” has a shape that TensorFlow does not know.", name, path)
        )
    return list(shape.as_list())


def _layer_name(name: str) -> str:
    return re.sub(r"\W", "_", name.removesuffix(":0")) or "input"


def _num_parameters(graph: Any) -> int:
    """Return how many numbers the constants of a float type hold, without copying them."""
    floats = (1, 2, 14, 19)  # float32, float64, bfloat16, float16 of TensorFlow's DataType
    return sum(
        math.prod(max(dim.size, 0) for dim in node.attr["value"].tensor.tensor_shape.dim)
        for node in graph.node
        if node.op == "Const" and node.attr["dtype"].type in floats
    )


def _short(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300]
