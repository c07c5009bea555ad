"""What is wrong with the layers of a model, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from kwidgets.insight.layers.measurement import LayerMeasurement
from kwidgets.insight.layers.readings import LayerFigures, Reading
from kwidgets.language import t

LARGE_UPDATE: Final = 1e-2
TINY_UPDATE: Final = 1e-6
DEAD_SHARE: Final = 0.5
#: Gradients of the first and last layer that differ so much vanish or explode on their way.
VANISHING: Final = 1e-4
EXPLODING: Final = 1e4
#: Norms that have grown so much over the readings.
GROWTH: Final = 10
#: Findings of one kind name this many layers.
_NAMED: Final = 3

Kind = Literal[
    "not_finite",
    "dead",
    "no_gradient",
    "unchanged",
    "vanishing",
    "exploding",
    "growth",
    "large",
    "tiny",
]


@dataclasses.dataclass(frozen=True)
class LayerFinding:
    """Something that is wrong with layers.

    Args:
        kind: what.
        level: how bad it is.
        layers: the names of the layers, those with the worst figures first.
        title: a sentence.
        text: what it means, and what to do.
    """

    kind: Kind
    level: Literal["error", "warning", "hint"]
    layers: tuple[str, ...]
    title: str
    text: str


def find(
    readings: Sequence[Reading],
    measured: Mapping[str, LayerMeasurement] | None = None,
    *,
    is_cause_known: bool = False,
) -> list[LayerFinding]:
    """Return what is wrong, worst first.

    Args:
        readings: the last ones, oldest first.
        measured: gradients and activations by layer, if they were measured.
        is_cause_known: whether a verdict names the cause of a NaN.
    """
    if not readings:
        return []
    latest = [layer for layer in readings[-1].layers if layer.trainable]
    found = [
        _not_finite(readings[-1].layers, is_cause_known),
        _dead(measured or {}),
        _no_gradient(measured or {}),
        _growth(readings, latest),
        _gradients(latest, measured or {}),
        _unchanged(readings, latest),
        _large(latest),
        _tiny(latest),
    ]
    order = ("error", "warning", "hint")
    return sorted((each for each in found if each is not None), key=lambda f: order.index(f.level))


def _names(layers: Sequence[str]) -> str:
    shown = ", ".join(layers[:_NAMED])
    more = len(layers) - _NAMED
    return t("%1 and %2 more", shown, str(more)) if more > 0 else shown


def _not_finite(layers: Sequence[LayerFigures], is_cause_known: bool) -> LayerFinding | None:
    bad = tuple(layer.name for layer in layers if not layer.finite)
    if not bad:
        return None
    return LayerFinding(
        "not_finite",
        "error",
        bad,
        t("The weights are NaN or infinite: %1", _names(bad)),
        t(
            "The model cannot recover. Fix the cause of the NaN, which the other finding names. "
            "Then go back to a checkpoint or create the model again."
        )
        if is_cause_known
        else t(
            "The model cannot recover. Look for NaN in the data first, in the tab Data or with "
            "kw.look. If there is none, use a smaller learning rate. Then go back to a checkpoint "
            "or create the model again."
        ),
    )


def _dead(measured: Mapping[str, LayerMeasurement]) -> LayerFinding | None:
    dead = {
        name: each.dead
        for name, each in measured.items()
        if each.is_rectified and each.dead >= DEAD_SHARE
    }
    if not dead:
        return None
    names = tuple(sorted(dead, key=lambda name: -dead[name]))
    return LayerFinding(
        "dead",
        "error" if dead[names[0]] > 0.99 else "warning",
        names,
        t("Dead units: %1", _names(names)),
        t(
            "%1 % of the units of %2 are 0 for every sample that was measured: they do not learn "
            "any more. Try a smaller learning rate, or leaky_relu instead of relu.",
            f"{100 * dead[names[0]]:.0f}",
            names[0],
        ),
    )


def _no_gradient(measured: Mapping[str, LayerMeasurement]) -> LayerFinding | None:
    """Find that the loss has no gradient at all, as at a saturated last layer."""
    gradients = {
        name: each.gradient for name, each in measured.items() if each.gradient is not None
    }
    if not gradients or any(gradients.values()):  # NaN is true
        return None
    names = tuple(gradients)
    return LayerFinding(
        "no_gradient",
        "error",
        names,
        t("No layer has a gradient"),
        t(
            "It is 0 in %1, so nothing is learned. The last layer may be saturated, or all units "
            "dead. Scale the inputs, try a smaller learning rate, and start again.",
            _names(names),
        ),
    )


def _gradients(
    layers: Sequence[LayerFigures], measured: Mapping[str, LayerMeasurement]
) -> LayerFinding | None:
    """Compare the gradients of the first layers with that of the last one."""
    gradients: list[tuple[str, float]] = []
    for layer in layers:
        known = measured.get(layer.name)
        value = layer.gradient if known is None or known.gradient is None else known.gradient
        # Before a BatchNormalization a bias has none, and an embedding few.
        if value is not None and value == value and layer.class_name != "Embedding":
            gradients.append((layer.name, value))
    if len(gradients) < 3 or gradients[-1][1] <= 0:
        return None
    (first, value), (last, reference) = gradients[0], gradients[-1]
    ratio = value / reference
    if ratio < VANISHING:
        return LayerFinding(
            "vanishing",
            "warning",
            (first,),
            t("The gradient vanishes towards the input"),
            t(
                "It is %1 in %2 and %3 in %4, so the first layers hardly learn. Try relu instead "
                "of sigmoid or tanh, BatchNormalization, residual connections, or fewer layers.",
                f"{value:.1e}",
                first,
                f"{reference:.1e}",
                last,
            ),
        )
    if ratio > EXPLODING:
        return LayerFinding(
            "exploding",
            "warning",
            (first,),
            t("The gradient explodes towards the input"),
            t(
                "It is %1 in %2 and %3 in %4. Try clipnorm=1.0 in the optimizer, a smaller "
                "learning rate, or BatchNormalization.",
                f"{value:.1e}",
                first,
                f"{reference:.1e}",
                last,
            ),
        )
    return None


def _growth(readings: Sequence[Reading], latest: Sequence[LayerFigures]) -> LayerFinding | None:
    worst = growth_of(readings, latest)
    if worst is None or worst[1] < GROWTH:
        return None
    name, ratio, steps = worst
    return LayerFinding(
        "growth",
        "warning",
        (name,),
        t("The weights of %1 grow fast", name),
        t(
            "Their norm is %1 times as large as %2 steps ago. The learning rate is probably too "
            "high.",
            f"{ratio:.0f}",
            f"{steps:,}",
        ),
    )


def growth_of(
    readings: Sequence[Reading], layers: Sequence[LayerFigures]
) -> tuple[str, float, int] | None:
    """Return the layer whose norm has grown most over the readings, how much, and the steps."""
    if len(readings) < 2:
        return None
    before = {layer.name: layer.norm for layer in readings[0].layers}
    # A bias or a gamma that begins at zero grows without bound; small norms say nothing.
    ratios = [
        (layer.name, layer.norm / before[layer.name])
        for layer in layers
        if before.get(layer.name, 0) > 1e-3 and layer.norm < float("inf")
    ]
    if not ratios:
        return None
    name, ratio = max(ratios, key=lambda item: item[1])
    return name, ratio, readings[-1].step - readings[0].step


def _unchanged(readings: Sequence[Reading], latest: Sequence[LayerFigures]) -> LayerFinding | None:
    """Find layers whose sampled weights were the same in three readings."""
    if len(readings) < 3:
        return None
    still: set[str] | None = None
    for reading in readings[-3:]:
        same = {layer.name for layer in reading.layers if layer.trainable and layer.update == 0}
        still = same if still is None else still & same
    names = tuple(layer.name for layer in latest if layer.name in (still or ()))
    if not names:
        return None
    if len(names) == len(latest):
        return LayerFinding(
            "unchanged",
            "warning",
            names,
            t("No layer learns"),
            t(
                "No weight that was read has changed since step %1: the learning rate is 0 or far "
                "too small, or the gradients are 0. Gradients vanish in many sigmoid or tanh "
                "layers: try relu, BatchNormalization or fewer layers. They are also 0 where the "
                "loss does not fit the last layer, which kw.check finds.",
                f"{readings[-3].step:,}",
            ),
        )
    return LayerFinding(
        "unchanged",
        "warning",
        names,
        t("These layers do not learn: %1", _names(names)),
        t(
            "Their weights have not changed since step %1: their gradient is zero. The units "
            "after them may be dead, or the loss does not depend on them.",
            f"{readings[-3].step:,}",
        ),
    )


def _large(layers: Sequence[LayerFigures]) -> LayerFinding | None:
    large = {
        layer.name: layer.update
        for layer in layers
        if layer.update is not None and layer.update > LARGE_UPDATE
    }
    if not large:
        return None
    names = tuple(sorted(large, key=lambda name: -large[name]))
    return LayerFinding(
        "large",
        "hint",
        names,
        t("Large updates: %1", _names(names)),
        t(
            "A step changes the weights of %1 by %2 %; 0.1 % is usual. If the loss jumps, use a "
            "smaller learning rate.",
            names[0],
            f"{100 * large[names[0]]:.2g}",
        ),
    )


def _tiny(layers: Sequence[LayerFigures]) -> LayerFinding | None:
    tiny = tuple(
        layer.name
        for layer in layers
        if layer.update is not None and 0 < layer.update < TINY_UPDATE
    )
    if not tiny:
        return None
    return LayerFinding(
        "tiny",
        "hint",
        tiny,
        t("Tiny updates: %1", _names(tiny)),
        t("A step changes the weights by less than 0.0001 %. Try a larger learning rate."),
    )
