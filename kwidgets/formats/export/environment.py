"""The environment variables of the processes that convert and check."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

# The folder that contains the package, which need not be installed.
_PACKAGE: Final = Path(__file__).parents[3]


def child_environment(backend: str) -> dict[str, str]:
    """Return what differs from this process.

    Args:
        backend: of Keras in the process.
    """
    # They find modules where this process finds them, such as the user's own layers.
    places = [str(_PACKAGE), *(each for each in sys.path if each), os.getcwd()]
    return {
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(places)),
        # A file or folder of the user must not hide a module of a library.
        "PYTHONSAFEPATH": "1",
        # The kernel may hold all of a GPU's memory.
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
