"""Recurrent layers of old files: the layouts of Keras 1 and of CuDNN."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from kwidgets.formats.keras_files import kernels
from kwidgets.formats.keras_files.layer_config import make_layer, present_class
from kwidgets.formats.keras_files.parts import OldLayer, Part
from kwidgets.formats.keras_files.rebuilt import Arrays
from kwidgets.language import Message, message


def recurrent(old: OldLayer, inputs: Any) -> Part:
    """Return an LSTM, GRU or SimpleRNN."""
    del inputs
    notes: list[Message] = []
    # Keras 1 and 2 give hard_sigmoid as a default that their files spell out.
    layer = make_layer(old, notes)
    present = present_class(old.class_name)
    gates = {"LSTM": 4, "GRU": 3}.get(present)
    num_arrays = None
    if old.origin.major < 2 and gates and old.config.get("consume_less") != "gpu":
        num_arrays = 3 * gates
    if old.shapes and gates and len(old.shapes) in (3, 3 * gates):
        # Shapes overrule: the default of consume_less differed between releases.
        num_arrays = len(old.shapes) if len(old.shapes) != 3 else None
    cudnn = old.class_name.startswith("CuDNN")
    if cudnn:
        notes.append(message("Its weights were brought from cuDNN's layout into Keras's."))

    def convert(arrays: Arrays) -> Arrays:
        if cudnn:
            return kernels.from_cudnn(arrays, gates or 0)
        if gates and len(arrays) == 3 * gates:
            return kernels.keras1_gates(arrays, lstm=gates == 4)
        return arrays

    return Part(
        [layer],
        convert=convert,
        num_arrays=num_arrays,
        num_trainable=num_arrays if old.config.get("trainable", True) else None,
        notes=notes,
        outcome="repaired" if notes else "converted",
    )


def joined(first: Part, second: Part) -> Part:
    """Return the part of two layers whose arrays stand one after the other."""

    def convert(arrays: Arrays) -> list[np.ndarray]:
        half = len(arrays) // 2
        return [*first.convert(arrays[:half]), *second.convert(arrays[half:])]

    num = None
    if first.num_arrays is not None and second.num_arrays is not None:
        num = first.num_arrays + second.num_arrays
    return Part([*first.layers, *second.layers], convert=convert, num_arrays=num, num_trainable=num)


def bidirectional(old: OldLayer, inner: Part, backward: Part | None, is_masked: bool) -> Part:
    """Return a Bidirectional around a layer that was made, and perhaps another one backward."""
    notes: list[Message] = []
    merge_mode = old.config.get("merge_mode", "concat")
    options = {} if backward is None else {"backward_layer": backward.layers[0]}
    layer = keras.layers.Bidirectional(
        inner.layers[0], merge_mode=merge_mode, name=old.keras_name, **options
    )
    if old.origin.is_standalone and inner.layers[0].return_sequences:
        # Keras 3 gives 0 at masked steps, the old Keras the output before them.
        layer.forward_layer.zero_output_for_mask = False
        layer.backward_layer.zero_output_for_mask = False
        if is_masked:
            notes.append(
                message(
                    "Its output at masked steps is that of the step before, as in the old Keras. "
                    "Once the model is saved and loaded, it is 0 there."
                )
            )
    both = joined(inner, backward or inner)
    both.layers = [layer]
    both.notes = notes + inner.notes
    both.outcome = "repaired" if both.notes else "converted"
    return both
