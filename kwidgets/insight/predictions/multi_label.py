"""Count labels of samples that may have several, by a threshold of the score."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.predictions.classification import ClassTable


def table_at(scores: NDArray[Any], threshold: float = 0.5) -> ClassTable:
    """Return the figures of the classes at a threshold, which is moved to the next bin's edge.

    Args:
        scores: (2, classes, bins) counts of samples without and with the label.
        threshold: from 0 to 1.
    """
    bins = scores.shape[-1]
    first = int(np.clip(np.ceil(threshold * bins - 1e-9), 0, bins))
    counts = scores.astype(np.int64)
    right = counts[1, :, first:].sum(axis=-1)
    return ClassTable(
        support=counts[1].sum(axis=-1),
        predicted=right + counts[0, :, first:].sum(axis=-1),
        right=right,
    )
