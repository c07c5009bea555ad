"""Read SavedModels: those of Keras 2 layer by layer, all others inside one Keras layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from kwidgets.formats import protobuf
from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import ImportedLayer, ImportFacts
from kwidgets.formats.imported import Imported
from kwidgets.formats.keras_files.origin import origin_of
from kwidgets.formats.keras_files.repair_config import compile_as, rebuild, set_weights
from kwidgets.formats.keras_files.saved_model_objects import (
    arrays_by_layer,
    keras_objects,
    layer_objects,
)
from kwidgets.formats.keras_files.saved_model_safety import refused_in_saved_model
from kwidgets.language import Message, message, t, translated

_MODELS = {"Sequential", "Functional", "Model"}
_SIGNATURE = "serving_default"


def read(path: Path, weights: Path | None) -> Imported:
    """Return the model in the folder of a SavedModel.

    Raises:
        FormatError: it is damaged, or neither has layers that can be restored nor a signature that
            this backend can run.
    """
    if weights is not None:
        raise FormatError(
            t("A SavedModel contains its weights. Pass its folder alone, without “%1”.", weights)
        )
    graph = _meta_graph(path)
    objects = keras_objects(path, graph.object_graph_def)
    root = objects.get(0, {})
    if root.get("class_name") in _MODELS and isinstance(root.get("config"), Mapping):
        return _restored(path, graph, objects)
    if not objects:
        why = message("It has no metadata of Keras, so its layers are unknown.")
    else:
        why = message(
            "Its model is of the class %1, whose code is not in the file, so its layers are "
            "unknown.",
            str(root.get("class_name")),
        )
    return _inside_a_layer(path, graph, why)


def _meta_graph(path: Path) -> Any:
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    data = (path / "saved_model.pb").read_bytes()
    saved = saved_model_pb2.SavedModel()
    try:
        # The wire format first: its errors say what is wrong.
        graphs = [field for field in protobuf.fields(data) if field.number == 2]
        saved.ParseFromString(data)
    except DecodeError as error:
        raise FormatError(t("“%1” is damaged: %2. Copy the folder again.", path, error)) from error
    if not graphs or not saved.meta_graphs:
        raise FormatError(t("“%1” has no graph: it is damaged. Copy the folder again.", path))
    graph = saved.meta_graphs[0]
    if not graph.object_graph_def.nodes:
        raise FormatError(
            t(
                "“%1” is a SavedModel of TensorFlow 1, which cannot be read. Freeze it with "
                "tf.compat.v1.graph_util.convert_variables_to_constants, and import the .pb file.",
                path,
            )
        )
    return graph


def _restored(path: Path, graph: Any, objects: Mapping[int, Mapping[str, Any]]) -> Imported:
    root = objects[0]
    origin = origin_of(str(root.get("keras_version") or "2"), "tensorflow")
    layers = layer_objects(graph.object_graph_def, objects)
    arrays = arrays_by_layer(path, graph.object_graph_def, layers)
    rebuilt = rebuild(
        {"class_name": root["class_name"], "config": root["config"]},
        origin,
        shapes={name: tuple(each.shape for each in own) for name, own in arrays.items()},
        num_numbers=sum(each.size for own in arrays.values() for each in own),
    )
    num_parameters = set_weights(rebuilt, arrays)
    training = root.get("training_config")
    notes = compile_as(rebuilt, training if isinstance(training, Mapping) else None)
    facts = ImportFacts(
        f"{origin.text} (SavedModel)",
        (str(path),),
        rebuilt.layers,
        (*rebuilt.notes, *notes),
        num_parameters=num_parameters,
    )
    return Imported(rebuilt.model, facts)


def _inside_a_layer(path: Path, graph: Any, why: Message) -> Imported:
    if keras.backend.backend() != "tensorflow":
        raise FormatError(
            t(
                "“%1” can only be run as a whole, on the TensorFlow backend; this is %2. %3 Set "
                "KERAS_BACKEND=tensorflow before Keras is imported.",
                path,
                keras.backend.backend(),
                translated(why),
            )
        )
    if refused := refused_in_saved_model(graph):
        raise FormatError(
            t(
                "“%1” is refused: its operations %2 read or write files, or run Python code.",
                path,
                ", ".join(refused),
            )
        )
    signature = graph.signature_def.get(_SIGNATURE)
    if signature is None or len(signature.inputs) != 1:
        raise FormatError(
            t(
                "“%1” cannot be imported: %2 To run it as a whole, it needs the signature %3 with "
                "one input; its signatures: %4.",
                path,
                translated(why),
                _SIGNATURE,
                ", ".join(sorted(graph.signature_def)) or "–",
            )
        )
    ((name, info),) = signature.inputs.items()
    try:
        layer = keras.layers.TFSMLayer(str(path), call_endpoint=_SIGNATURE, name="saved_model")
        inputs = keras.Input(batch_shape=_shape(info), dtype=_dtype(info), name=name)
        outputs = layer(inputs)
        if isinstance(outputs, dict) and len(outputs) == 1:
            (outputs,) = outputs.values()
        model = keras.Model(inputs, outputs, name="saved_model_graph")
    except Exception as error:
        raise FormatError(
            t("TensorFlow cannot load “%1”: %2", path, " ".join(str(error).split())[:300])
        ) from error
    notes = (
        why,
        message(
            "The graph runs inside one Keras layer, keras.layers.TFSMLayer, which reads the folder "
            "again whenever the model is loaded; it needs the TensorFlow backend."
        ),
    )
    facts = ImportFacts(
        "TensorFlow (SavedModel)",
        (str(path),),
        (
            ImportedLayer(name, "input", "converted", (name,)),
            ImportedLayer(_SIGNATURE, "signature", "converted", ("saved_model",), (why,)),
        ),
        notes,
        num_parameters=model.count_params(),
    )
    return Imported(model, facts)


def _shape(info: Any) -> tuple[int | None, ...]:
    if info.tensor_shape.unknown_rank:
        raise ValueError("the shape of the input is unknown")
    return tuple(None if size.size < 0 else int(size.size) for size in info.tensor_shape.dim)


def _dtype(info: Any) -> str:
    import tensorflow as tf

    return str(tf.dtypes.as_dtype(info.dtype).name)
