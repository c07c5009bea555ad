"""Descriptions on Keras's other backends: the same tests, in a process that was started with one.

JAX is among the packages of `make test`; PyTorch's turn comes where it is installed.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
MODULES = [
    *("test_describe.py", "test_code.py", "test_infer.py", "test_detail.py", "test_freeze.py"),
]
# Most of the time goes into compiling what runs once.
QUICK_TO_COMPILE = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_models_are_described_the_same_on(backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed here")
    modules = [str(HERE / module) for module in MODULES]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-k",
            "not five_thousand",
            *modules,
        ],
        env={**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": QUICK_TO_COMPILE},
        capture_output=True,
        text=True,
        timeout=170,
        cwd=HERE.parents[1],
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
