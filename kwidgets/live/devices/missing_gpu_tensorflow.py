"""Explain why TensorFlow sees no NVIDIA GPU. https://www.tensorflow.org/install/pip"""

from __future__ import annotations

import platform

from kwidgets.language import t
from kwidgets.live.devices.install_advice import (
    driver_advice,
    has_extra,
    install_advice,
    join_advice,
    runs_cuda,
)
from kwidgets.live.devices.missing_gpu_jax import cuda_extra
from kwidgets.live.devices.nvidia_gpu import InstalledGPU

# The version of CUDA of all TensorFlow releases that Keras 3 supports.
CUDA = 12
NAME = "TensorFlow"


def needs_no_advice() -> bool:
    """Return whether TensorFlow sees an accelerator, or is built for those of AMD."""
    import tensorflow as tf

    devices = tf.config.list_physical_devices()
    return any(device.device_type != "CPU" for device in devices) or tf.test.is_built_with_rocm()


def version() -> str:
    import tensorflow as tf

    return str(tf.__version__)


def advice(gpu: InstalledGPU) -> str:
    """Return what to do, as a sentence."""
    import tensorflow as tf

    wanted = install_advice("tensorflow[and-cuda]")
    if platform.system() == "Windows":
        return t(
            "On Windows, TensorFlow 2.11 and later support GPUs only in WSL2; see "
            "https://www.tensorflow.org/install/pip#windows-wsl2."
        )
    if not runs_cuda(gpu, CUDA):
        return join_advice(driver_advice(gpu, CUDA), wanted)
    if tf.test.is_built_with_cuda():
        if not has_extra("tensorflow", "and-cuda"):
            return t("The CUDA libraries are missing. Run %1", wanted)
        return t(
            "The CUDA libraries are installed but cannot be used. To find the cause, run %1",
            "python -c \"import tensorflow as tf; tf.config.list_physical_devices('GPU')\"",
        )
    if platform.machine() != "x86_64":
        return t(
            'TensorFlow does not support GPUs on %1. Use JAX: run pip install "jax[%2]" and set '
            "KERAS_BACKEND=jax in the environment.",
            platform.machine(),
            cuda_extra(gpu),
        )
    return t(
        "This build supports CPUs only. Run pip uninstall tensorflow tensorflow-cpu, then %1",
        wanted,
    )
