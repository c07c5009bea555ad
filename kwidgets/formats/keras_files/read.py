"""Read a file that Keras has saved, of any release: HDF5, JSON, ``.keras`` or SavedModel."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from kwidgets.formats.detect import detect
from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import ImportedLayer, ImportFacts
from kwidgets.formats.imported import Imported
from kwidgets.formats.keras_files import keras0
from kwidgets.formats.keras_files.file_names import named_as
from kwidgets.formats.keras_files.hdf5 import WeightsFile, parse_json
from kwidgets.formats.keras_files.layer_arrays import layer_arrays, listed, weights_group
from kwidgets.formats.keras_files.origin import Origin, origin_of
from kwidgets.formats.keras_files.repair_config import compile_as, rebuild, set_weights
from kwidgets.language import Message, message, t


def read(path: Path, weights: Path | None) -> Imported:
    """Return the model of a Keras file.

    Args:
        path: an HDF5, JSON or ``.keras`` file, or the folder of a SavedModel.
        weights: the HDF5 file of ``save_weights``, where ``path`` has none.

    Raises:
        FormatError: it is damaged, or its parts do not fit.
    """
    kind = detect(path)
    if kind in ("keras_zip", "saved_model"):
        reader = importlib.import_module(f"kwidgets.formats.keras_files.{kind}")
        found: Imported = reader.read(path, weights)
        return found
    if kind == "keras_json":
        return _read_json(path, weights)
    with WeightsFile(path) as file:
        return _read_hdf5(file, weights)


def _read_hdf5(file: WeightsFile, weights: Path | None) -> Imported:
    config = file.json(file.root, "model_config")
    if config is None:
        if weights is not None and detect(weights) == "keras_json":
            return _read_json(weights, file.path)
        raise _without_config(file)
    version = file.attribute(file.root, "keras_version")
    backend = file.attribute(file.root, "backend")
    if file.has(file.root, "model_weights"):
        group = file.member(file.root, "model_weights")
        version = version or file.attribute(group, "keras_version")
        backend = backend or file.attribute(group, "backend")
    origin = origin_of(_text(version), _text(backend))
    training = file.json(file.root, "training_config")
    if origin.major >= 3:
        return _of_keras3(file, weights, origin)
    if weights is not None:
        with WeightsFile(weights) as other:
            return _imported(config, origin, training, other, (file.path, weights))
    return _imported(config, origin, training, file, (file.path,))


def _read_json(path: Path, weights: Path | None) -> Imported:
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    config = keras0.as_keras1(parse_json(text, str(path)))
    if not isinstance(config, Mapping) or not {"class_name", "config"} <= set(config):
        raise FormatError(
            t(
                "“%1” is JSON, but not the model.to_json() of a Keras model: it has no class_name "
                "and config.",
                path,
            )
        )
    version, backend = _text(config.get("keras_version")), _text(config.get("backend"))
    if weights is None:
        return _imported(config, origin_of(version, backend), None, None, (path,))
    if version is None and "build_config" in config:
        # Keras 3 writes no version into JSON.
        return _of_keras3_json(config, path, weights)
    with WeightsFile(weights) as file:
        group = weights_group(file)
        version = version or _text(file.attribute(group, "keras_version"))
        backend = backend or _text(file.attribute(group, "backend"))
        if version is None and file.attribute(group, "nb_layers") is not None:
            version = keras0.VERSION
        origin = origin_of(version, backend)
        return _imported(config, origin, None, file, (path, weights))


def _imported(
    config: Any,
    origin: Origin,
    training: Any,
    file: WeightsFile | None,
    paths: tuple[Path, ...],
) -> Imported:
    arrays = None if file is None else layer_arrays(file, weights_group(file))
    rebuilt = rebuild(
        config,
        origin,
        shapes=None
        if arrays is None
        else {name: tuple(each.shape for each in own) for name, own in arrays.items()},
        num_numbers=None
        if arrays is None
        else sum(each.size for own in arrays.values() for each in own),
    )
    notes = list(rebuilt.notes)
    if arrays is None:
        count = 0
        notes.append(
            message(
                "The file has no weights: the model starts anew. Pass the file of save_weights as "
                "the second argument to import_model."
            )
        )
    else:
        count = set_weights(rebuilt, arrays)
    notes += compile_as(rebuilt, training)
    if rebuilt.cut:
        notes.append(_cut_note(rebuilt.model))
    return Imported(
        rebuilt.model,
        ImportFacts(
            source=rebuilt.origin.text,
            files=tuple(map(str, paths)),
            layers=rebuilt.layers,
            notes=tuple(notes),
            num_parameters=count,
        ),
    )


def _cut_note(model: Any) -> Message:
    return message(
        "The model ends before the layers that were cut; its outputs are those of these layers, "
        "which they would take: %1.",
        ", ".join(each._keras_history.operation.name for each in model.outputs),
    )


def _of_keras3(file: WeightsFile, weights: Path | None, origin: Origin) -> Imported:
    """Return the model of a file that this Keras wrote itself."""
    # Reads all arrays once: their sizes are checked, whatever Keras does with them.
    arrays = layer_arrays(file, weights_group(file))
    try:
        with named_as(file.path, ".h5") as name:
            model = keras.saving.load_model(name, compile=True, safe_mode=True)
        if weights is not None:
            model.load_weights(weights)
    except Exception as error:
        raise FormatError(
            t("Keras cannot load “%1”: %2", file.path, str(error).strip()[:300])
        ) from error
    layers = tuple(
        ImportedLayer(each.name, type(each).__name__, "converted", (each.name,))
        for each in model.layers
    )
    return Imported(
        model,
        ImportFacts(
            source=origin.text,
            files=(str(file.path), *([] if weights is None else [str(weights)])),
            layers=layers,
            num_parameters=sum(each.size for own in arrays.values() for each in own),
        ),
    )


def _of_keras3_json(config: Mapping[str, Any], path: Path, weights: Path) -> Imported:
    """Return the model of a JSON file and a ``.weights.h5`` that this Keras wrote itself."""
    with WeightsFile(weights) as file:
        is_tree = file.attribute(file.root, "layer_names") is None
    try:
        model = keras.saving.deserialize_keras_object(dict(config), safe_mode=True)
        with named_as(weights, ".weights.h5" if is_tree else ".h5") as name:
            model.load_weights(name)
    except Exception as error:
        raise FormatError(
            t("Keras cannot load “%1”: %2", path, str(error).strip()[:300])
        ) from error
    layers = tuple(
        ImportedLayer(each.name, type(each).__name__, "converted", (each.name,))
        for each in model.layers
    )
    count = model.count_params()
    files = (str(path), str(weights))
    return Imported(model, ImportFacts("Keras 3", files, layers, num_parameters=count))


def _without_config(file: WeightsFile) -> FormatError:
    if file.attribute(file.root, "layer_names") is None and file.has(file.root, "layers"):
        return FormatError(
            t(
                "“%1” holds weights of Keras 3 only. Build the model, and call "
                "model.load_weights(“%1”).",
                file.path,
            )
        )
    arrays = layer_arrays(file, weights_group(file))
    return FormatError(
        t(
            "“%1” holds weights only, without the layers' configuration: %2. Pass the "
            "model.to_json() of the model first and this file second: import_model(“model.json”, "
            "“%1”). Without such a file, build the model in Python.",
            file.path,
            listed(arrays),
        )
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
