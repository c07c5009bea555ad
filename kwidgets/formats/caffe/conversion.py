"""What the layers of one net share while they become a model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from kwidgets.formats.caffe.caffemodel import Caffemodel
from kwidgets.formats.caffe.detections import DetectionOutput
from kwidgets.formats.caffe.names import Names
from kwidgets.formats.errors import FormatError
from kwidgets.formats.memory import most_new_numbers
from kwidgets.language import t

# New ones beside those of a caffemodel: so many are always allowed, or this multiple of its own.
_FEW_PARAMETERS, _MAX_GROWTH = 4 * 10**6, 3
# Of one sample between two layers: 1 GB of float32.
_MAX_ELEMENTS = 2**28


@dataclass(frozen=True)
class Decay:
    """The weight decay of a solver.

    Attributes:
        rate: its `weight_decay`.
        type: "L1" or "L2".
    """

    rate: float
    type: str = "L2"


@dataclass
class Conversion:
    """A net on its way to a model.

    Attributes:
        weights: of the caffemodel, or None if none was passed.
        decay: of the solver, or None.
        batch_size: the batch that the prototxt declares for its inputs.
        num_parameters: numbers that were taken from the caffemodel.
        without_weights: names of layers for which the caffemodel has nothing.
        losses: tensors, and the losses of Keras that apply to them.
        detection: what turns the outputs into detections, or None.
    """

    weights: Caffemodel | None = None
    decay: Decay | None = None
    batch_size: int | None = None
    num_parameters: int = 0
    names: Names = field(default_factory=Names)
    without_weights: list[str] = field(default_factory=list)
    losses: list[tuple[Any, str]] = field(default_factory=list)
    detection: DetectionOutput | None = None
    _new_parameters: int = 0

    def reserve(self, num_parameters: int) -> None:
        """Check that weights which are in no file are not too many to be made.

        Raises:
            FormatError: the prototxt asks for more than any caffemodel can have.
        """
        self._new_parameters += num_parameters
        limit = most_new_numbers()
        if self.weights is not None:
            # A layer or two may be new, such as the last one, but not most of the net.
            arrays = self.weights.arrays.values()
            stored = sum(array.size for layer in arrays for array in layer)
            limit = min(limit, max(_FEW_PARAMETERS, _MAX_GROWTH * stored))
        if self._new_parameters > limit:
            raise FormatError(
                t(
                    "The prototxt asks for more than %1 million parameters that are in no file. "
                    "It is damaged, or the caffemodel is missing.",
                    limit // 10**6,
                )
            )


def check_elements(shape: tuple[int | None, ...]) -> None:
    """Check the shape of a tensor for one sample; an axis of unknown length is the batch.

    Raises:
        FormatError: an axis is empty, or the tensor is larger than memory.
    """
    sizes = [size for size in shape if size is not None]
    if any(size < 1 for size in sizes) or math.prod(sizes) > _MAX_ELEMENTS:
        raise FormatError(
            t("The shape %1 is empty or too large.", " × ".join(str(size) for size in sizes))
        )


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without axes of length 1: files of 2014 pad all shapes to four axes."""
    return tuple(size for size in shape if size != 1)
