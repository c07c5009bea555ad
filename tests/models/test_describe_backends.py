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
MODULES = ["test_describe.py", "test_code.py"]
# Minutes to build, and of layers that other models have too.
LARGE = (
    "ResNet152V2",
    "EfficientNetV2L",
    "DenseNet121",
    "Xception",
    "MobileNetV3Large",
    "thousand",
)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_models_are_described_the_same_on(backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed here")
    modules = [str(HERE / module) for module in MODULES]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
            *("-k", f"not ({' or '.join(LARGE)})", *modules),
        ],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=170,
        cwd=HERE.parents[1],
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
