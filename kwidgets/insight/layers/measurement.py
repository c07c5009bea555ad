"""Gradients and activations of one batch, measured on demand."""

from __future__ import annotations

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class LayerMeasurement:
    """What one batch makes of a layer.

    Args:
        name: of the layer.
        gradient: root mean square; None for a layer without trainable weights.
        mean: of the activation.
        deviation: standard deviation of the activation.
        zeros: the share of the activation that is 0.
        dead: the share of units (the last axis) that are 0 for every sample and place.
        is_rectified: whether its activation is relu or the like, which can be dead.
        finite: whether the whole activation is finite.
        gradient_finite: whether its whole gradient is finite; True without one.
    """

    name: str
    gradient: float | None
    mean: float
    deviation: float
    zeros: float
    dead: float
    is_rectified: bool
    finite: bool
    gradient_finite: bool = True


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One batch through the model, forward and backward.

    Args:
        step: of the training.
        samples: of the batch.
        loss: of the batch; NaN if it is not known.
        layers: in the order in which they are called.
    """

    step: int
    samples: int
    loss: float
    layers: list[LayerMeasurement]

    @property
    def by_name(self) -> dict[str, LayerMeasurement]:
        """The layers by name."""
        return {layer.name: layer for layer in self.layers}

    @property
    def finite(self) -> bool:
        """Whether the loss, all activations and all gradients are finite."""
        return math.isfinite(self.loss) and all(
            layer.finite and layer.gradient_finite for layer in self.layers
        )
