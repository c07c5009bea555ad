"""What is unusual about a model, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kwidgets.language import t
from kwidgets.models.describe.attributes import read
from kwidgets.models.describe.display_names import name_of, quoted
from kwidgets.models.describe.weights import Weights
from kwidgets.models.summary_data import LayerSummary


def notes_on(model: Any, root: LayerSummary, weights: Weights) -> tuple[str, ...]:
    """Return the notes on ``model``.

    Args:
        root: the model as described.
        weights: what is in it.
    """
    if not root.built:
        return (
            t(
                "This model is not built yet: shapes and weights are known once it has seen an "
                "input."
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
    names = [name_of(layer) for layer in weights.unbuilt]
    if len(names) == 1:
        return t(
            "%1 is not built, as if never called: the totals are without its weights.",
            quoted(names),
        )
    return t(
        "%1 are not built, as if never called: the totals are without their weights.",
        quoted(names),
    )


def _shared(root: LayerSummary) -> str | None:
    names = list(dict.fromkeys(one.name for one in _all(root) if one.shared_with is not None))
    if not names:
        return None
    if len(names) == 1:
        return t("%1 stands in several places: its weights count once.", quoted(names))
    return t("%1 stand in several places: their weights count once.", quoted(names))


def _untrainable(root: LayerSummary, weights: Weights) -> str | None:
    if not weights.variables or root.trainable_parameters != 0:
        return None
    return t("All weights are frozen: training would change nothing.")


def _changed_since_compile(model: Any) -> str | None:
    """Keras fixes what is trained when the model is compiled."""
    then = read(model, "_compiled_trainable_state")
    if not read(model, "compiled", False) or not then:
        return None
    names = [
        name_of(layer)
        for layer, trainable in then.items()
        if read(layer, "_trainable", trainable) != trainable
    ]
    if not names:
        return None
    if len(names) == 1:
        return t(
            "%1 was frozen or unfrozen after compile: compile again for that to take effect.",
            quoted(names),
        )
    return t(
        "%1 were frozen or unfrozen after compile: compile again for that to take effect.",
        quoted(names),
    )


def _all(layer: LayerSummary) -> Iterator[LayerSummary]:
    yield layer
    for child in layer.children:
        yield from _all(child)
