"""One reading of a model's layers: from samples of their values to figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 64

Floats = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class LayerInfo:
    """A layer with variables, and how its values are sampled.

    Args:
        name: of the layer.
        class_name: such as "Dense".
        size: the number of its values.
        counts: (sampled,) how many values each sampled one stands for.
        trainable: whether training changes them.
    """

    name: str
    class_name: str
    size: int
    counts: Floats
    trainable: bool

    @property
    def sampled(self) -> int:
        return len(self.counts)


@dataclasses.dataclass(frozen=True)
class LayerSample:
    """Sampled values of one layer.

    Args:
        values: (sampled,) always at the same places.
        gradient: root mean square of the gradient, as the optimizer remembers it; None if it does
            not.
    """

    values: Floats
    gradient: float | None = None


@dataclasses.dataclass(frozen=True)
class Histogram:
    """Counts of values in BINS bins of equal width from ``low`` to ``high``."""

    low: float
    high: float
    counts: NDArray[np.float64]

    def over(self, low: float, high: float) -> NDArray[np.float64]:
        """Return the counts in BINS bins between other ends, which contain these."""
        edges = np.linspace(self.low, self.high, BINS + 1)
        below = np.concatenate([[0.0], np.cumsum(self.counts)])
        counts: NDArray[np.float64] = np.diff(
            np.interp(np.linspace(low, high, BINS + 1), edges, below)
        )
        return counts


@dataclasses.dataclass(frozen=True)
class LayerFigures:
    """One layer at one step. Figures are from a sample of its values.

    Args:
        name: of the layer.
        class_name: such as "Dense".
        size: the number of its values.
        sampled: the number of those that were read.
        norm: of its weights.
        update: ‖change‖ / ‖weights‖ of one step; None in the first reading.
        gradient: root mean square, averaged by the optimizer; None where it keeps none.
        zeros: the share of weights that are 0.
        finite: whether all that were read are finite.
        trainable: whether training changes the layer.
        histogram: of the finite values.
    """

    name: str
    class_name: str
    size: int
    sampled: int
    norm: float
    update: float | None
    gradient: float | None
    zeros: float
    finite: bool
    trainable: bool
    histogram: Histogram = dataclasses.field(repr=False, compare=False)


@dataclasses.dataclass(frozen=True)
class Reading:
    """All layers at one step; ``epoch`` counts as in the charts."""

    step: int
    epoch: int
    layers: list[LayerFigures]

    def __getitem__(self, name: str) -> LayerFigures:
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers)
        raise KeyError(f"No layer {name!r}. The layers are {names}.")


def make_reading(
    step: int,
    epoch: int,
    infos: Sequence[LayerInfo],
    samples: Sequence[LayerSample],
    before: Sequence[LayerSample] | None = None,
    steps: int = 0,
) -> Reading:
    """Return the figures of the layers.

    Args:
        step: of the training.
        epoch: counted as in the charts.
        infos: the layers.
        samples: of each layer.
        before: the samples of an earlier reading; None without one.
        steps: since then.
    """
    figures = []
    for i, (info, sample) in enumerate(zip(infos, samples, strict=True)):
        earlier = None if before is None or steps <= 0 else before[i].values
        figures.append(_figures(info, sample, earlier, steps))
    return Reading(step, epoch, figures)


def _figures(
    info: LayerInfo, sample: LayerSample, earlier: Floats | None, steps: int
) -> LayerFigures:
    values = sample.values.astype(np.float64)
    norm = _norm(values, info.counts)
    update = None
    if earlier is not None and len(earlier) == len(values):
        change = _norm(values - earlier, info.counts)
        if norm > 0:
            update = change / norm / steps
    return LayerFigures(
        name=info.name,
        class_name=info.class_name,
        size=info.size,
        sampled=info.sampled,
        norm=norm,
        update=update,
        gradient=sample.gradient,
        zeros=float(np.average(values == 0, weights=info.counts)),
        finite=bool(np.isfinite(values).all()),
        trainable=info.trainable,
        histogram=make_histogram(values, info.counts),
    )


def _norm(values: NDArray[np.float64], counts: Floats) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.sum(counts * np.square(values))))


def make_histogram(values: NDArray[np.float64], counts: Floats) -> Histogram:
    """Return the histogram of the finite values, each of which stands for ``counts``."""
    known = np.isfinite(values)
    values, weights = values[known], counts[known]
    if not values.size:
        return Histogram(0.0, 1.0, np.zeros(BINS))
    low, high = float(values.min()), float(values.max())
    if not low < high or not np.isfinite(high - low):
        low, high = low - 0.5, low + 0.5
    found, _ = np.histogram(values, BINS, (low, high), weights=weights)
    return Histogram(low, high, found.astype(np.float64))
