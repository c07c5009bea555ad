"""Read the confusion matrix of a recorded run: that of its last epoch which has one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kwidgets.record.run_file.reader import read_insight


class RecordedConfusion(NamedTuple):
    """Counts of samples, on the data that the Predictions tab of the run shows.

    Attributes:
        class_names: in their order.
        counts: (classes, classes); rows are the true classes, columns the predicted ones.
        epoch: after which they were counted, from 1.
        source: "validation" or "training".
    """

    class_names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    epoch: int
    source: str


def read_confusion(path: Path) -> RecordedConfusion | None:
    """Return the confusion matrix of a run's file; None if there is none.

    With more than 30 classes a run keeps the most frequent errors only, so there is none.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    found = [_confusion(each.get("predictions")) for each in read_insight(path)]
    return max((each for each in found if each), key=lambda each: each.epoch, default=None)


def _confusion(part: Any) -> RecordedConfusion | None:
    """Return that of one epoch; None for what is not as it was written."""
    if not isinstance(part, Mapping):
        return None
    try:
        details = part["details"]
        confusion, names = details["confusion"], details["classes"]["names"]
        size = int(confusion["classes"])
        counts = np.frombuffer(base64.b64decode(confusion["counts_u32"], validate=True), "<u4")
        if not isinstance(names, Sequence) or len(names) != size:
            return None
        rows = counts.reshape(size, size).tolist()
        source = "training" if part["source"] == "training" else "validation"
        return RecordedConfusion(
            tuple(map(str, names)), tuple(map(tuple, rows)), int(part["epoch"]), source
        )
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
