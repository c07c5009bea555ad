"""Hide one part of an input after another: what changes the prediction counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.explain.explained import scaled
from kwidgets.insight.samples.looks import Kind

#: Parts along the longer side of a picture, and of all other inputs.
PICTURE_PARTS: Final = 14
PARTS: Final = 200
SERIES_PARTS: Final = 64
#: Hidden versions of the input that are predicted at once.
BATCH: Final = 64

Part = tuple[slice, ...]


class Occlusion:
    """The parts of one input, and the versions of it in which one of them is hidden.

    Args:
        value: the input, (…) without a batch axis.
        kind: what it looks like.
        typical: the mean of other samples, of the same shape, which is put in place of a part; None
            for the mean of ``value``. Tokens are replaced by 0.
    """

    def __init__(self, value: NDArray[Any], kind: Kind, typical: NDArray[Any] | None) -> None:
        self._value = value
        self._kind = kind
        if kind == "text":
            self._fill = np.zeros_like(value)
        elif typical is not None and typical.shape == value.shape:
            self._fill = typical.astype(value.dtype)
        else:
            self._fill = np.full_like(value, value.mean(dtype=np.float64))
        self.parts = _parts(value, kind)

    def batches(self) -> Iterator[NDArray[Any]]:
        """Return the hidden versions, (BATCH, …) at once."""
        for start in range(0, len(self.parts), BATCH):
            found = []
            for part in self.parts[start : start + BATCH]:
                hidden = self._value.copy()
                hidden[part] = self._fill[part]
                found.append(hidden)
            yield np.stack(found)

    def shares(self, score: float, hidden_scores: NDArray[Any]) -> NDArray[np.float32]:
        """Return how much each part counts, from −1 to 1.

        Args:
            score: of the whole input.
            hidden_scores: (parts,) with one part hidden.

        Returns:
            (height, width) for a picture, else (parts,).
        """
        drops = scaled(score - np.asarray(hidden_scores, np.float64))
        if self._kind != "picture":
            return drops
        heat = np.zeros(self._value.shape[:2], np.float32)
        for part, drop in zip(self.parts, drops, strict=True):
            heat[part] = drop
        return heat


def _parts(value: NDArray[Any], kind: Kind) -> list[Part]:
    length = value.shape[0] if value.ndim else 1
    if kind == "picture":
        height, width = value.shape[:2]
        side = max(1, -(-max(height, width) // PICTURE_PARTS))
        return [
            (slice(top, top + side), slice(left, left + side))
            for top in range(0, height, side)
            for left in range(0, width, side)
        ]
    if kind == "text":
        # Padding is not shown.
        used = np.flatnonzero(value)
        first, last = (int(used[0]), int(used[-1]) + 1) if used.size else (0, length)
        return [(slice(i, i + 1),) for i in range(first, last)]
    most = SERIES_PARTS if kind in ("series", "sound") else PARTS
    width = max(1, -(-length // most))
    return [(slice(i, i + width),) for i in range(0, length, width)]
