"""Runs test modules under another backend of Keras, in a process of their own.

JAX is among the packages of ``make test``. PyTorch's wheel brings gigabytes of CUDA libraries:
``make test-matrix`` installs it in an environment of its own, and its turn comes where that is.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from kwidgets.lazy_tensorflow import without_importing_tensorflow
from tests.kernels import OTHER_ENVIRONMENTS

ROOT = Path(__file__).parents[1]
BACKENDS = ["jax", "torch"]
# Most of the time goes into compiling what runs once.
QUICK_TO_COMPILE = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


def python_with(backend: str) -> str:
    """Return a Python that has ``backend``; skip the test where there is none."""
    if importlib.util.find_spec(backend) is not None:
        return sys.executable
    found = sorted(OTHER_ENVIRONMENTS.glob(f"{backend}-*/bin/python"))
    if not found:
        pytest.skip(f"{backend} is not installed here: make test-matrix does that")
    return str(found[-1])


def set_random_seed(seed: int) -> None:
    """Do what ``keras.utils.set_random_seed`` does, which imports TensorFlow on every backend."""
    with without_importing_tensorflow():
        keras.utils.set_random_seed(seed)


def check_under(backend: str, modules: list[Path], config: pytest.Config) -> None:
    """Run the tests of ``modules`` under ``backend``; fail with what they print.

    Args:
        backend: its name in Keras.
        modules: the files of the tests, of which those marked ``once`` are left out.
        config: that of this run, for what it leaves out.
    """
    marks = "not once"
    if "not slow" in config.option.markexpr:
        marks += " and not slow"
    done = subprocess.run(
        [
            *(python_with(backend), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
            *("-m", marks),
            *("--hypothesis-profile", config.getoption("--hypothesis-profile") or "small"),
            *map(str, modules),
        ],
        env={**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": QUICK_TO_COMPILE},
        capture_output=True,
        text=True,
        timeout=580,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
