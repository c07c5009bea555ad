"""Why a model predicted something: which parts of the input count, as plain data."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kwidgets.language import Message, translated

Method = Literal["grad_cam", "occlusion"]


@dataclasses.dataclass(frozen=True)
class Explained:
    """Which parts of an input count for a prediction.

    Args:
        method: "grad_cam" for convolutional models, "occlusion" for others.
        of: the class that it is about; "" for a number.
        shares: from −1 (counts against) to 1 (counts for): (height, width) for a picture, else
            (parts,): one number a column, token or window of time steps.
        text: what it shows.
    """

    method: Method
    of: str
    shares: NDArray[np.float32]
    text: Message

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.shares.shape))
        return f"<Explained: {self.method}, {shape}. {translated(self.text)}>"


def scaled(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return values divided by the largest, so that they are from −1 to 1; NaN is 0."""
    known = np.nan_to_num(np.asarray(values, np.float64), posinf=0, neginf=0)
    largest = float(np.abs(known).max()) if known.size else 0.0
    return (known / largest if largest > 0 else known).astype(np.float32)
