"""Writes the notes below a summary: sentences on what is unusual about a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kwidgets.language import t
from kwidgets.models.describe.attributes import read_attribute
from kwidgets.models.describe.display_names import layer_name, quoted_list
from kwidgets.models.describe.weights import Weights
from kwidgets.models.summary_data import LayerSummary


def notes_on(model: Any, root: LayerSummary, weights: Weights) -> tuple[str, ...]:
    """Return the notes on ``model``.

    Args:
        model: the model.
        root: its description.
        weights: its weights.
    """
    if not root.built:
        return (
            t(
                "This model is not built yet. Shapes and parameters are available after it has "
                "been called."
            ),
        )
    return tuple(
        note
        for note in (
            _unbuilt(root, weights),
            _shared(root),
            _untrainable(root, weights),
            _changed_since_compile(model),
        )
        if note
    )


def _unbuilt(root: LayerSummary, weights: Weights) -> str | None:
    if not weights.unbuilt:
        return None
    names = [layer_name(layer) for layer in weights.unbuilt]
    if len(names) == 1:
        return t(
            "%1 is not built and may never have been called. The totals do not include its "
            "weights.",
            quoted_list(names),
        )
    return t(
        "%1 are not built and may never have been called. The totals do not include their weights.",
        quoted_list(names),
    )


def _shared(root: LayerSummary) -> str | None:
    names = list(dict.fromkeys(one.name for one in _all(root) if one.shared_with is not None))
    if not names:
        return None
    if len(names) == 1:
        return t("%1 is used in several places. Its weights are counted once.", quoted_list(names))
    return t("%1 are used in several places. Their weights are counted once.", quoted_list(names))


def _untrainable(root: LayerSummary, weights: Weights) -> str | None:
    if not weights.variables or root.trainable_parameters != 0:
        return None
    return t("All weights are frozen, so training has no effect.")


def _changed_since_compile(model: Any) -> str | None:
    """Compare ``trainable`` now and at compile, which decides what is trained."""
    then = read_attribute(model, "_compiled_trainable_state")
    if not read_attribute(model, "compiled", False) or not then:
        return None
    names = [
        layer_name(layer)
        for layer, trainable in then.items()
        if read_attribute(layer, "_trainable", trainable) != trainable
    ]
    if not names:
        return None
    if len(names) == 1:
        return t(
            "%1 was frozen or unfrozen after compile. Compile the model again to apply the change.",
            quoted_list(names),
        )
    return t(
        "%1 were frozen or unfrozen after compile. Compile the model again to apply the change.",
        quoted_list(names),
    )


def _all(layer: LayerSummary) -> Iterator[LayerSummary]:
    yield layer
    for child in layer.children:
        yield from _all(child)
