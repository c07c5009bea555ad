"""Collect what a result depends on beside the code: versions, settings, flags and seeds."""

from __future__ import annotations

import functools
import os
import platform
import random
import sys
import zlib
from importlib import metadata
from typing import Any

import keras
import numpy as np

# Of each backend, with the libraries that compute for it.
_PACKAGES = ("keras", "kwidgets", "numpy", "tensorflow", "jax", "jaxlib", "torch", "ml-dtypes")
# Those that change results; no other variable is read, since it may be a secret.
_FLAGS = (
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "JAX_DEFAULT_MATMUL_PRECISION",
    "JAX_ENABLE_X64",
    "JAX_PLATFORMS",
    "KERAS_BACKEND",
    "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "PYTHONHASHSEED",
    "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)


def describe_environment() -> dict[str, Any]:
    """Return the keys ``versions``, ``environment`` and ``seeds`` of a run."""
    imported = tuple(name for name in _PACKAGES if name.replace("-", "_") in sys.modules)
    return {"versions": dict(_versions(imported)), "environment": _settings(), "seeds": _seeds()}


# Reading them takes milliseconds, which the first fit pays.
@functools.cache
def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # a build of another name, such as tensorflow-cpu
            module = sys.modules[package.replace("-", "_")]
            versions[package] = str(getattr(module, "__version__", "unknown"))
    return versions


def _settings() -> dict[str, str]:
    settings = {name: os.environ[name] for name in _FLAGS if name in os.environ}
    settings["floatx"] = keras.config.floatx()
    settings["dtype_policy"] = keras.config.dtype_policy().name
    settings["image_data_format"] = keras.config.image_data_format()
    settings["machine"] = f"{platform.system()} {platform.machine()}"
    settings["cores"] = str(os.cpu_count())
    return settings


def _seeds() -> dict[str, Any]:
    """Return the seed of ``set_random_seed`` if one was set, and the state of the generators."""
    seeds: dict[str, Any] = {
        "random": zlib.crc32(repr(random.getstate()).encode()),
        "numpy": zlib.crc32(repr(np.random.get_state(legacy=False)).encode()),
    }
    try:
        # Keras has no public function that returns it.
        from keras.src.utils.rng_utils import get_random_seed

        seeds["keras"] = get_random_seed()
    except Exception:  # moved in another version
        pass
    return seeds
