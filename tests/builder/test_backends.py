"""The builder on Keras's other backends: the same tests, in a process that was started with one.

JAX is among the packages of `make test`. PyTorch is not, because its wheel brings gigabytes of CUDA
libraries; where it is installed, its turn comes too.
"""

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
# Those in which Keras itself does something; texts, catalogs and data are the same everywhere.
MODULES = ["test_sequential.py", "test_materialize.py", "test_convert.py", "test_code.py"]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_same_promises_are_kept_on(backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed here")
    modules = [str(HERE / module) for module in MODULES]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *modules],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=170,
        cwd=HERE.parents[1],
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
