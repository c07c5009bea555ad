"""Finds the environments with other front ends, and what a program needs to run in one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
KERNELSPECS = REPOSITORY / ".build" / "kernels" / "share" / "jupyter"
# A kernel of this environment, as tools/make_front_ends.py calls it.
KERNEL = "kwidgets"
HERE = Path(sys.executable).parent


def environment(name: str) -> Path:
    """Return the folder of an environment that tools/make_front_ends.py makes."""
    folder = REPOSITORY / ".build" / "front-ends" / name
    if not (folder / ".ready").exists():
        pytest.fail(f"Run this first: .venv/bin/python tools/make_front_ends.py {name}")
    return folder


def program(name: str) -> str:
    """Return the path of the program of an environment that is called as the environment."""
    return str(environment(name) / "bin" / name)


def variables(home: Path) -> dict[str, str]:
    """Return variables with which Jupyter and IPython keep their files in ``home``."""
    return os.environ | {
        "JUPYTER_PATH": str(KERNELSPECS),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        # The dialogs with Jupyter do not depend on the backend.
        "KERAS_BACKEND": "jax",
    }
