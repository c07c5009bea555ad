"""What flows between layers: a tensor of Keras, and how its axes stand to those of Caffe."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# Where the axes N, C, H, W of Caffe stand in Keras's channels-last images.
IMAGE = (0, 3, 1, 2)


@dataclass(frozen=True)
class Blob:
    """A tensor that is computed from inputs of the net.

    Attributes:
        tensor: a KerasTensor.
        axes: Caffe's axis ``i`` is axis ``axes[i]`` of the tensor; 0 is the batch in both.
        inputs: names of the Keras inputs that it depends on.
    """

    tensor: Any
    axes: tuple[int, ...]
    inputs: frozenset[str] = frozenset()

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of Caffe's axes without the batch."""
        return tuple(int(self.tensor.shape[axis]) for axis in self.axes if axis)

    @property
    def num_axes(self) -> int:
        """The number of Caffe's axes, the batch among them."""
        return len(self.axes)

    @property
    def is_image(self) -> bool:
        """Whether it has the four axes of an image."""
        return len(self.axes) == 4

    @property
    def size(self) -> int:
        """The number of its elements for one sample."""
        return math.prod(self.shape)

    def is_flat_as_caffe(self) -> bool:
        """Return whether the elements lie in Caffe's order; axes of length 1 change nothing."""
        places = [axis for axis in self.axes[1:] if self.tensor.shape[axis] != 1]
        return self.axes[0] == 0 and places == sorted(places)


@dataclass(frozen=True)
class Constant:
    """An array that does not depend on the input's values, such as the boxes of PriorBox.

    Attributes:
        value: with Caffe's axes, the batch of 1 among them.
    """

    value: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Unavailable:
    """What a net would compute, but the model does not.

    Attributes:
        is_label: a label of the training data, which is left out on purpose; else it was cut.
    """

    is_label: bool = False
