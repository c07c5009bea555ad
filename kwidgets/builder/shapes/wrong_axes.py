"""Explains input shapes that have the wrong number of axes, or not the axis that is named."""

from __future__ import annotations

import keras

from kwidgets.builder.analysis import Problem, Shape
from kwidgets.builder.spec import LayerSpec, Value
from kwidgets.language import t


def format_shape(shape: Shape | None) -> str:
    """Return a shape as Keras writes it."""
    return t("input of unknown shape") if shape is None else f"({', '.join(map(str, shape))})"


def wrong_rank(entry: LayerSpec, input_shape: Shape, rank: int) -> Problem:
    """Return the problem that a layer needs input with another number of axes."""
    text = t(
        "%1 requires %2, but gets %3.",
        entry.title,
        _expected_input(rank),
        format_shape(input_shape),
    )
    hint = _rank_hint(input_shape, rank, entry.title)
    return Problem(f"{text} {hint}".strip(), f"expected ndim={rank}, found ndim={len(input_shape)}")


def wrong_step_rank(title: str, input_shape: Shape, rank: int) -> Problem:
    """Return the problem that the layer in TimeDistributed needs more axes than one step has."""
    text = t(
        "TimeDistributed passes one step of %1 at a time, but %2 requires %3.",
        format_shape(input_shape),
        title,
        _expected_input(rank),
    )
    remedy = (
        t("Use %1 without TimeDistributed; it processes all steps at once.", title)
        if len(input_shape) == rank
        else t("Keep the required axes, or use another layer.")
    )
    return Problem(
        f"{text} {remedy}",
        f"{title} expected ndim={rank}, found ndim={len(input_shape) - 1}",
        "layer",
    )


def no_such_axis(shape: Shape, name: str, value: Value) -> str:
    """Return the message that an input has no such axis."""
    return t(
        "%1 has %2 axes, from 0 to %3, so %4=%5 is invalid. The last axis is -1.",
        format_shape(shape),
        len(shape),
        len(shape) - 1,
        name,
        repr(value),
    )


def _expected_input(rank: int) -> str:
    """Return the description of input with this many axes."""
    words = {
        2: t("one vector per sample, (batch, features)"),
        3: t("a sequence for each sample, (batch, steps, features)"),
        4: t("an image for each sample, (batch, height, width, channels)"),
        5: t("a volume for each sample, (batch, depth, height, width, channels)"),
    }
    return words.get(rank) or t("%1 axes", rank)


def _rank_hint(shape: Shape, rank: int, title: str) -> str:
    """Return how to change the number of axes before a layer; "" if there is no advice."""
    have = len(shape)
    if have > rank == 2:
        return t("Add a Flatten before it.")
    if have == 2 and rank == 3:
        return t(
            "If it follows a recurrent layer, set return_sequences of that layer to True. If it "
            "follows a Flatten or a Dense, remove that layer, or add a Reshape between them."
        )
    if have == 2 and rank > 3:
        return t(
            "If it follows a Flatten or a Dense, remove that layer, or add a Reshape between them."
        )
    if have == 3 and rank == 4:
        sequence = title.replace("2D", "1D")
        has_1d_layer = sequence != title and hasattr(keras.layers, sequence)
        for_sequences = t("For sequences, such as words after an Embedding, use %1.", sequence)
        sizes = [size for size in shape[1:] if size is not None]
        # An image has both sizes, and they are not too different.
        if has_1d_layer and (len(sizes) < 2 or max(sizes) > 2 * min(sizes)):
            return for_sequences
        for_images = t(
            "If these are grayscale images, the channel axis is missing. Add Reshape(%1) before "
            "it.",
            tuple(-1 if size is None else size for size in (*shape[1:], 1)),
        )
        return f"{for_images} {for_sequences}" if has_1d_layer else for_images
    if have == 4 and rank == 3:
        return t("Add a Reshape or a TimeDistributed(Flatten) before it.")
    if have == 4 and rank == 5:
        return t(
            "If these are images, use the layer with 2D in its name, or add an axis with Reshape."
        )
    return ""
