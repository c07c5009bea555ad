"""Build a model of this Keras from the configuration that any older Keras has saved.

The door of what HDF5, JSON, ``.keras`` and SavedModel share: each reader finds the configuration,
calls :func:`rebuild`, then :func:`set_weights`, then :func:`compile_as`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kwidgets.formats.keras_files.origin import Origin
from kwidgets.formats.keras_files.rebuilt import Rebuilt
from kwidgets.language import Message


def rebuild(model_config: Mapping[str, Any], origin: Origin) -> Rebuilt:
    """Return the model of a configuration, with fresh weights, and what became of each layer.

    Layers and functions that this Keras writes otherwise are repaired; where a layer cannot be
    converted (a Lambda, an unknown class that is not registered), the model ends before it and the
    report says so.

    Args:
        model_config: ``{"class_name": ..., "config": ...}`` of a Sequential or functional model,
            as in ``model.to_json()`` of any release. It is not changed.
        origin: which Keras wrote it: :func:`kwidgets.formats.keras_files.origin.origin_of`.

    Raises:
        FormatError: this is no such configuration, or not even one layer can be converted.
    """
    raise NotImplementedError


def repair_layer(
    class_name: str, config: Mapping[str, Any], origin: Origin
) -> tuple[str, dict[str, Any], list[Message]]:
    """Return class name and configuration of one layer for this Keras, and notes of what changed.

    For a layer outside of a model's configuration; :func:`rebuild` does more, such as paddings that
    need a layer of their own.
    """
    raise NotImplementedError


def set_weights(rebuilt: Rebuilt, arrays: Mapping[str, Sequence[np.ndarray]]) -> int:
    """Set the weights of a rebuilt model; return how many numbers were set.

    Args:
        rebuilt: what :func:`rebuild` returned.
        arrays: for each layer name of the file the arrays in the order of the old
            ``layer.trainable_weights + layer.non_trainable_weights``, in the file's layout. A
            nested model's are under its own name, flattened, as in HDF5. Layers that were cut may
            be there or not.

    Raises:
        FormatError: arrays are missing, too many, or of other shapes; lists the differences.
    """
    raise NotImplementedError


def compile_as(rebuilt: Rebuilt, training_config: Mapping[str, Any] | None) -> list[Message]:
    """Compile the model as ``training_config`` says; return notes, also where that fails."""
    raise NotImplementedError
