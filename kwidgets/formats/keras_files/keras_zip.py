"""Read ``.keras`` files: those of Keras 2 (format 2) are repaired, those of Keras 3 just loaded."""

from __future__ import annotations

import dataclasses
import importlib
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import keras
import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import ImportedLayer, ImportFacts
from kwidgets.formats.imported import Imported
from kwidgets.formats.keras_files.file_names import named_as
from kwidgets.formats.keras_files.hdf5 import WeightsFile, parse_json
from kwidgets.formats.keras_files.origin import origin_of
from kwidgets.formats.keras_files.repair_config import compile_as, rebuild, set_weights
from kwidgets.formats.keras_files.weight_tree import arrays_by_layer, with_shared_ids
from kwidgets.language import t

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
# Configurations are small; a vocabulary in one may have megabytes.
_MAX_JSON_BYTES = 200_000_000
_SMALL_BYTES = 16_000_000
_MAX_RATIO = 4
_MAX_MEMBERS = 10_000


def read(path: Path, weights: Path | None) -> Imported:
    """Return the model in a ``.keras`` file of any release.

    Raises:
        FormatError: the file is damaged or hostile, or this Keras cannot load it; says why.
    """
    if weights is not None:
        raise FormatError(
            t("A .keras file contains its weights. Pass it alone, without “%1”.", weights)
        )
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive)
            metadata = _json(path, archive, _METADATA)
            version = str(metadata.get("keras_version") or "2")
            if not version.startswith(("0.", "1.", "2")):
                return _loaded(path, version)
            return _repaired(path, archive, version)
    except (
        *(zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError),
    ) as error:
        # RuntimeError: an encrypted member. NotImplementedError: a compression that is not known.
        raise FormatError(
            t("“%1” is damaged: %2. Download or copy it again.", path, str(error)[:200])
        ) from error


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse an archive that leaves its folder, or that is far larger unpacked.

    Raises:
        FormatError: it is such an archive.
    """
    members = archive.infolist()
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise FormatError(
                t(
                    "“%1” is refused: “%2” would be unpacked outside of its folder.",
                    path,
                    member.filename,
                )
            )
    size = path.stat().st_size
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(_SMALL_BYTES, _MAX_RATIO * size) or len(members) > _MAX_MEMBERS:
        raise FormatError(
            t(
                "“%1” is refused: its %2 bytes would unpack to %3, in %4 files.",
                path,
                f"{size:,}",
                f"{unpacked:,}",
                f"{len(members):,}",
            )
        )


def _json(path: Path, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    try:
        if archive.getinfo(name).file_size > _MAX_JSON_BYTES:
            raise ValueError(f"{archive.getinfo(name).file_size:,} bytes")
        value = parse_json(archive.read(name).decode("utf-8"), f"{path} ({name})")
        if not isinstance(value, dict):
            raise ValueError(type(value).__name__)
    except FormatError:
        raise
    except (KeyError, ValueError) as error:
        raise FormatError(
            t("“%1” of “%2” cannot be read: %3.", name, path, str(error)[:200])
        ) from error
    return value


def _repaired(path: Path, archive: zipfile.ZipFile, version: str) -> Imported:
    config = _json(path, archive, _CONFIG)
    origin = origin_of(version, "tensorflow")
    config, arrays = _arrays(path, archive, config)
    rebuilt = rebuild(
        config,
        origin,
        shapes={name: tuple(each.shape for each in own) for name, own in arrays.items()},
        num_numbers=sum(each.size for own in arrays.values() for each in own),
    )
    num_parameters = set_weights(rebuilt, arrays)
    facts = ImportFacts(
        origin.text,
        (str(path),),
        rebuilt.layers,
        (*rebuilt.notes, *compile_as(rebuilt, _training_config(config))),
        num_parameters=num_parameters,
    )
    return Imported(rebuilt.model, facts)


def _arrays(
    path: Path, archive: zipfile.ZipFile, config: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """Return the configuration, in which layers of several models are marked, and the arrays."""
    if _WEIGHTS not in archive.namelist():
        raise FormatError(t("“%1” contains no weights: %2 is missing.", path, _WEIGHTS))
    with WeightsFile(path, archive.read(_WEIGHTS)) as file:
        return with_shared_ids(config, file), arrays_by_layer(file, config)


def _training_config(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what ``compile`` took, as HDF5 files have it."""
    found = config.get("compile_config")
    if not isinstance(found, Mapping) or not found.get("optimizer"):
        return None
    return {**found, "optimizer_config": found["optimizer"]}


def _loaded(path: Path, version: str) -> Imported:
    """Return what Keras itself loads."""
    # A model of a graph that was saved has one of these layers; importing registers them.
    for name in ("frozen_graph_layer", "onnx_layer"):
        importlib.import_module(f"kwidgets.formats.graphs.{name}")
    try:
        with named_as(path, ".keras") as name:
            model = keras.saving.load_model(name, compile=True, safe_mode=True)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        # Not Keras's fault: `read` says so.
        raise
    except Exception as error:
        raise FormatError(
            t(
                "Keras %1 cannot load “%2”, written by Keras %3: %4",
                keras.__version__,
                path,
                version,
                _first_lines(error),
            )
        ) from error
    layers = tuple(
        ImportedLayer(layer.name, type(layer).__name__, "converted", (layer.name,))
        for layer in model.layers
    )
    facts = ImportFacts(f"Keras {version}", (str(path),), layers)
    return Imported(
        model, dataclasses.replace(facts, num_parameters=sum(_size(each) for each in model.weights))
    )


def _size(variable: Any) -> int:
    size = 1
    for dimension in variable.shape:
        size *= int(dimension)
    return size


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:600]
