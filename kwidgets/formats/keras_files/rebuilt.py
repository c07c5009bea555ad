"""A model rebuilt from an old configuration, and where the old weights of each layer go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from kwidgets.formats.import_report import ImportedLayer
from kwidgets.formats.keras_files.origin import Origin
from kwidgets.language import Message

Arrays: TypeAlias = Sequence[np.ndarray]
Convert: TypeAlias = Callable[[Arrays], Arrays]


@dataclass(frozen=True)
class Slot:
    """Where the weights of one layer of the file go.

    Attributes:
        variables: Keras's variables, in the order in which ``convert`` returns arrays.
        convert: the file's arrays, in their old order and layout → arrays for ``variables``.
        num_trainable: how many of the file's arrays are trainable ones; they come first.
        num_arrays: how many arrays the file should have for the layer.
    """

    variables: tuple[Any, ...]
    convert: Convert
    num_trainable: int
    num_arrays: int


@dataclass(frozen=True)
class Rebuilt:
    """A model rebuilt from an old configuration.

    Attributes:
        model: the model of this Keras.
        origin: which Keras wrote it, with what was guessed; its notes are in ``notes`` too.
        layers: what became of each layer of the file, in its order.
        slots: by each layer's name in the file, where its weights go; without layers that were cut.
        notes: what concerns the model as a whole.
        cut: names of the layers that were cut.
    """

    model: keras.Model
    origin: Origin
    layers: tuple[ImportedLayer, ...]
    slots: Mapping[str, Slot]
    notes: tuple[Message, ...] = ()
    cut: frozenset[str] = frozenset()
