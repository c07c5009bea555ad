"""Write a small checkpoint beside a run file, as a fit does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kwidgets.record.checkpoints.folder import temporary_folder, write_folder


def write_checkpoint(runs: Path, run_id: str, name: str = "step-4", **meta: object) -> Path:
    """Write a checkpoint of a run; return its folder."""
    arrays = {"model/0": np.zeros(4, "float32")}
    defaults = {"epoch": 2, "batch": 0, "step": 4, "reason": "user", "label": "mine"}
    folder = temporary_folder(runs / f"{run_id}.checkpoints")
    return write_folder(folder, name, arrays, {**defaults, "created": 1.5e9, **meta})
