"""Read what a SavedModel of Keras 2 says about its objects: configurations, and variables by layer.

Nothing of its graph is run: configurations are JSON in ``keras_metadata.pb``, weights are arrays in
TensorFlow's checkpoint, and two graphs of objects tell which array belongs to which layer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kwidgets.formats import protobuf
from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.hdf5 import parse_json
from kwidgets.language import t

# Of SavedMetadata and its SavedObject.
_NODES, _NODE_ID, _NODE_PATH, _METADATA = 1, 2, 3, 5
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE = "VARIABLE_VALUE"
_MAX_VARIABLES = 1_000_000
# Of one layer, with all in it.
_MAX_PARTS = 500


def keras_objects(folder: Path, object_graph: Any) -> dict[int, dict[str, Any]]:
    """Return the metadata of Keras's objects by their numbers; {} if there are none.

    TensorFlow 2.5 and later write them to ``keras_metadata.pb``, earlier ones to the graph itself.

    Raises:
        FormatError: they are damaged.
    """
    file = folder / "keras_metadata.pb"
    found: dict[int, dict[str, Any]] = {}
    if file.exists():
        for node in protobuf.fields(file.read_bytes()):
            if node.number != _NODES:
                continue
            parts = {part.number: part for part in protobuf.fields(node.view)}
            if _METADATA in parts:
                number = parts[_NODE_ID].integer if _NODE_ID in parts else 0
                found[number] = _decoded(parts[_METADATA].text)
        return found
    for number, node in enumerate(object_graph.nodes):
        known = node.user_object
        if known.metadata and known.identifier.startswith("_tf_keras_"):
            found[number] = _decoded(known.metadata)
    return found


def layer_objects(object_graph: Any, objects: Mapping[int, Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of the object of each layer of the model, by the layer's name."""
    found: dict[str, int] = {}
    for child in object_graph.nodes[0].children:
        metadata = objects.get(child.node_id)
        if metadata is not None and child.local_name.startswith("layer"):
            found[str(metadata.get("name"))] = child.node_id
    return found


def arrays_by_layer(
    folder: Path, object_graph: Any, layers: Mapping[str, int]
) -> dict[str, list[np.ndarray]]:
    """Return the arrays of each layer, in the order of the old ``layer.weights``.

    Raises:
        FormatError: the checkpoint is damaged, or has no array for a variable.
    """
    checkpoint = _Checkpoint(folder)
    keys = checkpoint.keys(object_graph)
    found: dict[str, list[np.ndarray]] = {}
    for name, number in layers.items():
        numbers = _variables(object_graph, number)
        if any(each not in keys for each in numbers):
            raise FormatError(t("The checkpoint has no values for a variable of layer “%1”.", name))
        found[name] = [checkpoint.array(keys[each]) for each in numbers]
    return found


def _variables(object_graph: Any, number: int) -> list[int]:
    """Return the numbers of a layer's variables: trainable ones first, as HDF5 files have them."""
    children = _children(object_graph, number)
    if "variables" in children and "trainable_variables" in children:
        trainable = _listed(object_graph, children["trainable_variables"])
        every = _listed(object_graph, children["variables"])
        return trainable + [each for each in every if each not in set(trainable)]
    # Saved with save_traces=False, it has no such lists, but its variables in their order.
    found: dict[int, bool] = {}
    _walk(object_graph, number, found, set())
    return [each for each, is_trainable in found.items() if is_trainable] + [
        each for each, is_trainable in found.items() if not is_trainable
    ]


def _listed(object_graph: Any, number: int) -> list[int]:
    items = _children(object_graph, number)
    return [items[each] for each in sorted(filter(str.isdecimal, items), key=int)]


def _walk(object_graph: Any, number: int, found: dict[int, bool], seen: set[int]) -> None:
    seen.add(number)
    children = list(dict.fromkeys(_children(object_graph, number).values()))
    for child in children:
        if 0 <= child < len(object_graph.nodes):
            node = object_graph.nodes[child]
            if node.WhichOneof("kind") == "variable":
                found.setdefault(child, bool(node.variable.trainable))
    for child in children:
        if 0 <= child < len(object_graph.nodes) and child not in seen and len(seen) < _MAX_PARTS:
            node = object_graph.nodes[child]
            if node.user_object.identifier.startswith("_tf_keras_"):
                _walk(object_graph, child, found, seen)


class _Checkpoint:
    """The arrays of a SavedModel, by their keys."""

    def __init__(self, folder: Path) -> None:
        import tensorflow as tf

        self._folder = folder / "variables"
        try:
            self._reader = tf.train.load_checkpoint(str(self._folder / "variables"))
            self._shapes = self._reader.get_variable_to_shape_map()
            dtypes = self._reader.get_variable_to_dtype_map()
        except Exception as error:
            raise self._damaged(error) from error
        stored = sum(file.stat().st_size for file in self._folder.glob("variables.*"))
        declared = sum(math.prod(shape) * dtypes[key].size for key, shape in self._shapes.items())
        if declared > 4 * stored + 1_000_000 or len(self._shapes) > _MAX_VARIABLES:
            raise FormatError(
                t(
                    "“%1” is refused: its arrays would take %2 bytes of memory, from files of %3.",
                    self._folder,
                    f"{declared:,}",
                    f"{stored:,}",
                )
            )

    def array(self, key: str) -> np.ndarray:
        try:
            return np.asarray(self._reader.get_tensor(key))
        except Exception as error:
            raise self._damaged(error) from error

    def keys(self, object_graph: Any) -> dict[int, str]:
        """Return the key of each variable, by its object's number in the SavedModel."""
        from google.protobuf.message import DecodeError
        from tensorflow.core.protobuf import trackable_object_graph_pb2

        graph = trackable_object_graph_pb2.TrackableObjectGraph()
        try:
            graph.ParseFromString(bytes(self._reader.get_tensor(_OBJECT_GRAPH)))
        except (DecodeError, Exception) as error:
            raise self._damaged(error) from error
        # Both graphs have the same names from object to object, not the same numbers.
        found: dict[int, str] = {}
        queue, seen = [(0, 0)], {(0, 0)}
        while queue:
            mine, theirs = queue.pop()
            if theirs >= len(graph.nodes) or mine >= len(object_graph.nodes):
                continue
            for attribute in graph.nodes[theirs].attributes:
                if attribute.name == _VALUE and attribute.checkpoint_key in self._shapes:
                    found.setdefault(mine, attribute.checkpoint_key)
            others = {child.local_name: child.node_id for child in graph.nodes[theirs].children}
            for child in object_graph.nodes[mine].children:
                pair = (child.node_id, others.get(child.local_name, -1))
                if pair[1] >= 0 and pair not in seen and len(seen) < _MAX_VARIABLES:
                    seen.add(pair)
                    queue.append(pair)
        return found

    def _damaged(self, error: BaseException) -> FormatError:
        return FormatError(
            t(
                "The weights in “%1” cannot be read: %2. Copy the whole folder again.",
                self._folder,
                str(error)[:200],
            )
        )


def _children(object_graph: Any, number: int) -> dict[str, int]:
    if not 0 <= number < len(object_graph.nodes):
        raise FormatError(
            t("The objects of the SavedModel are damaged: there is no number %1.", number)
        )
    return {child.local_name: child.node_id for child in object_graph.nodes[number].children}


def _decoded(text: str) -> dict[str, Any]:
    value = parse_json(text, "keras_metadata.pb")
    if not isinstance(value, dict):
        raise FormatError(t("The metadata of the SavedModel are damaged: %1.", repr(value)[:80]))
    return {str(key): _plain(item) for key, item in value.items()}


def _plain(value: Any) -> Any:
    """Return JSON without the marks that TensorFlow puts around tuples and shapes."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("__tuple__", "TensorShape") and "items" in value:
        return _plain(value["items"])
    return {key: _plain(each) for key, each in value.items()}
