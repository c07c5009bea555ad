"""Turn a training state into a checkpoint's folder and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from kwidgets._version import __version__
from kwidgets.language import t
from kwidgets.record.checkpoints.folder import CheckpointError, CheckpointFolder
from kwidgets.record.checkpoints.training_state import TrainingState
from kwidgets.record.checkpoints.variables import GROUPS, VariableInfo


def describe_state(state: TrainingState) -> dict[str, Any]:
    """Return what ``meta.json`` says of a state."""
    return {
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
        "kwidgets": __version__,
        "epoch": state.epoch,
        "batch": state.batch,
        "ended": state.ended,
        "variables": {
            group: [info.as_json() for info in state.variables[group]] for group in GROUPS
        },
        "rest": state.rest,
    }


def read_state_of(checkpoint: CheckpointFolder) -> TrainingState:
    """Return the state of a checkpoint, after its files have been compared with their checksums.

    Raises:
        CheckpointError: the checkpoint is damaged, or foreign.
    """
    meta: Mapping[str, Any] = checkpoint.meta
    try:
        variables = {
            group: [VariableInfo.from_json(value) for value in meta["variables"][group]]
            for group in GROUPS
        }
        arrays = checkpoint.read_arrays()
        for group, infos in variables.items():
            for index, info in enumerate(infos):
                if arrays[f"{group}/{index}"].shape != info.shape:
                    raise KeyError(group)
        return TrainingState(
            arrays=arrays,
            variables=variables,
            epoch=int(meta["epoch"]),
            batch=int(meta["batch"]),
            ended=bool(meta["ended"]),
            rest=dict(meta["rest"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(t("%1 is not a checkpoint of kwidgets.", checkpoint.path)) from error


def read_checkpoint(folder: str | Path) -> TrainingState:
    """Return the state in the folder of a checkpoint.

    Raises:
        CheckpointError: the folder is no checkpoint, or damaged.
    """
    return read_state_of(CheckpointFolder.open(Path(folder)))
