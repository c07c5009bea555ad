"""Check arguments of SequentialBuilder's methods; errors say what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.dry_run import no_trace

# Keras chooses the loss that these stand for when it knows the output of the model.
_LOSSES_BY_OUTPUT = ("crossentropy", "ce")


def check_model_name(name: Any) -> str:
    """Return ``name``.

    Raises:
        ValueError: ``name`` cannot be the name of a model.
    """
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"name must be a string without '/', such as 'digits', not {name!r}.")
    return name


def check_input_shape(shape: Any) -> tuple[int | None, ...]:
    """Return ``shape`` as a tuple.

    Raises:
        ValueError: ``shape`` is not the shape of one sample.
    """
    sizes = (shape,) if isinstance(shape, int) else shape
    try:
        sizes = tuple(None if size is None else int(size) for size in sizes)
    except (TypeError, ValueError):
        sizes = None
    if sizes is None or any(size is not None and size < 1 for size in sizes):
        raise ValueError(
            "input_shape must be the shape of a sample without the batch: integers above 0, or "
            f"None for any size, such as (28, 28) or (None,), not {shape!r}."
        )
    return sizes


def check_compile_arguments(arguments: Mapping[str, Any]) -> None:
    """Compile an empty model with ``arguments``.

    Raises:
        Exception: the error that Keras raises for the arguments.
    """
    # An optimizer or a metric passed in must not be used here: that would set its state.
    trial = {
        name: "rmsprop" if name == "optimizer" and not isinstance(value, (str, dict)) else value
        for name, value in arguments.items()
        if name not in ("metrics", "weighted_metrics")
    }
    with no_trace():
        keras.Sequential().compile(**trial)
        loss = arguments.get("loss")
        if isinstance(loss, str) and loss not in _LOSSES_BY_OUTPUT:
            keras.losses.get(loss)


def duplicate_name_error(layer: keras.Layer) -> ValueError:
    """Return the error for a layer with the name of another layer, as Keras raises it."""
    return ValueError(
        f"All layers of a builder should have unique names; the name {layer.name!r} is that of "
        "another layer. Pass another name, or none."
    )


def duplicate_layer_error(layer: keras.Layer) -> ValueError:
    """Return the error for a layer that a builder contains already."""
    # Keras would share the layer's weights, which a list of separate layers cannot express.
    name = type(layer).__name__
    return ValueError(
        f"the layer {layer.name!r} ({name}) can be in a builder only once. Put in another "
        "one like it, with weights of its own: type(layer).from_config(layer.get_config())."
    )
