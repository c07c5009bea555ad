"""Give a model back from a checkpoint, and save one as Keras does."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from kwidgets.language import t
from kwidgets.record.checkpoints.folder import CheckpointError
from kwidgets.record.checkpoints.read_checkpoint import read_checkpoint
from kwidgets.record.checkpoints.training_state import ArchitectureError, TrainingState


def load_model(
    folder: str | Path,
    model_config: Mapping[str, Any] | None,
    compile_config: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
) -> Any:
    """Return the model of a checkpoint, with its weights, and compiled with its optimizer's state.

    Args:
        folder: of the checkpoint.
        model_config: what ``model.to_json()`` contains. No code in it is run: layers with a Lambda
            of the user's own are refused by Keras.
        compile_config: what ``model.get_compile_config()`` returns; without it the model is not
            compiled.
        custom_objects: the classes of the user's own, by name, as Keras wants them.

    Raises:
        CheckpointError: the checkpoint is damaged, or the model cannot be made from its config.
        ArchitectureError: the config belongs to another model.
    """
    state = read_checkpoint(folder)
    if model_config is None:
        raise CheckpointError(
            t("Keras cannot describe this model. Create it, and resume the run with it.")
        )
    with keras.saving.custom_object_scope(dict(custom_objects or {})):
        try:
            model = keras.models.model_from_json(json.dumps(model_config))
            if compile_config is not None:
                model.compile_from_config(dict(compile_config))
        except Exception as error:  # Keras raises all kinds
            raise CheckpointError(
                t("The model cannot be created from its configuration: %1", error)
            ) from error
    set_weights(model, state)
    return model


def set_weights(model: Any, state: TrainingState) -> None:
    """Give ``model`` the weights of a state, and its optimizer's state if it has an optimizer.

    Raises:
        ArchitectureError: the model has other variables; nothing was changed.
    """
    optimizer = getattr(model, "optimizer", None)
    groups = ["model"]
    if optimizer is not None and state.variables["optimizer"]:
        if not optimizer.built:
            optimizer.build(model.trainable_variables)
        groups.append("optimizer")
    found = [d for d in state.differences(model) if d.group in groups]
    if found:
        raise ArchitectureError(found)
    state.set_variables(model, groups)


def save_model(model: Any, path: str | Path) -> Path:
    """Save ``model`` by ``model.save``, so that the file is there whole or not at all.

    Args:
        model: any that Keras can save.
        path: ends in ``.keras`` or ``.h5``. A file of that name is replaced.

    Raises:
        ValueError: the path has another ending.
        OSError: the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".tmp-{secrets.token_hex(4)}-{path.name}")
    try:
        model.save(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    return path
