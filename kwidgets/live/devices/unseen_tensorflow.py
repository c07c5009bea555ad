"""Why TensorFlow sees no NVIDIA GPU. https://www.tensorflow.org/install/pip"""

from __future__ import annotations

import platform

from kwidgets.live.devices.machine import MachineGPU
from kwidgets.live.devices.packages import (
    RESTART_KERNEL,
    has_extra,
    runs_cuda,
    update_driver,
)
from kwidgets.live.devices.unseen_jax import cuda_extra

# All that Keras 3 runs on, until now.
CUDA = 12
NAME = "TensorFlow"


def is_content() -> bool:
    """Whether it sees an accelerator, or is built for those of AMD."""
    import tensorflow as tf

    devices = tf.config.list_physical_devices()
    return any(device.device_type != "CPU" for device in devices) or tf.test.is_built_with_rocm()


def version() -> str:
    import tensorflow as tf

    return str(tf.__version__)


def advice(gpu: MachineGPU) -> str:
    """Return what to do, in a sentence."""
    import tensorflow as tf

    install = f'pip install "tensorflow[and-cuda]", {RESTART_KERNEL}.'
    if platform.system() == "Windows":
        return (
            "TensorFlow has had no GPU on Windows itself since 2.11: use it in WSL2, as "
            "https://www.tensorflow.org/install/pip#windows-wsl2 says."
        )
    if not runs_cuda(gpu, CUDA):
        return f"{update_driver(gpu, CUDA)}, then {install}"
    if tf.test.is_built_with_cuda():
        if not has_extra("tensorflow", "and-cuda"):
            return f"The CUDA libraries are missing: {install}"
        return (
            "The CUDA libraries are installed, but it cannot use them; this tells why: "
            "python -c \"import tensorflow as tf; tf.config.list_physical_devices('GPU')\""
        )
    if platform.machine() != "x86_64":
        extra = cuda_extra(gpu)
        return (
            f"There is no TensorFlow for GPUs on {platform.machine()}: use JAX, with "
            f'pip install "jax[{extra}]" and KERAS_BACKEND=jax in the environment.'
        )
    return f"It is a build for CPUs only: pip uninstall tensorflow tensorflow-cpu, then {install}"
