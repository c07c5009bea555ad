"""The commonest fault there is: a GPU in the machine that the backend does not see."""

from __future__ import annotations

import os
import sys

import keras

from kwidgets.live.devices.sample import Gpu, visible_gpus


def unseen_gpu() -> str | None:
    """Return what is wrong and what to install; None where the backend sees a GPU or there is none.

    GPUs that CUDA_VISIBLE_DEVICES hides are hidden on purpose: None.
    """
    gpus = visible_gpus()
    if not gpus or _backend_sees_gpu():
        return None
    return describe_fault(gpus, keras.backend.backend(), sys.platform)


def describe_fault(gpus: list[Gpu], backend: str, platform: str) -> str:
    """Say what is there, what ``backend`` does about it, and what to install."""
    several = f" and {len(gpus) - 1} more" if len(gpus) > 1 else ""
    name = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}.get(backend, backend)
    return (
        f"This machine has a GPU ({gpus[0].name}{several}) that {name} does not see: it trains on "
        f"the CPU. {_advice(backend, platform)}"
    )


def _advice(backend: str, platform: str) -> str:
    restart = "then restart the kernel."
    if backend == "tensorflow":
        if platform == "win32":
            return (
                "TensorFlow has no GPU support on Windows itself since 2.11: run it in WSL2, "
                'with pip install "tensorflow[and-cuda]".'
            )
        return f'Install its CUDA libraries: %pip install "tensorflow[and-cuda]", {restart}'
    if backend == "jax":
        if platform == "win32":
            return 'JAX has no GPU support on Windows itself: run it in WSL2, with "jax[cuda12]".'
        return (
            f'Install its CUDA plugin: %pip install "jax[cuda{_jax_cuda()}]", {restart} '
            "XLA_FLAGS and JAX_PLATFORMS may also keep it to the CPU."
        )
    if backend == "torch":
        import torch

        if torch.version.cuda is None:
            return (
                "This is PyTorch's build for the CPU: install the one for CUDA, as "
                f"pytorch.org/get-started says for this system, {restart}"
            )
        return (
            f"It is built for CUDA {torch.version.cuda}: the driver is perhaps too old for that. "
            f"Update the NVIDIA driver, {restart}"
        )
    return "Install its packages for CUDA."


def _jax_cuda() -> int:
    """The CUDA version of JAX's plugin that the driver can run."""
    try:
        import pynvml

        return 13 if pynvml.nvmlSystemGetCudaDriverVersion_v2() >= 13000 else 12
    except Exception:
        return 12


def _backend_sees_gpu() -> bool:
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    if backend == "jax":
        import jax

        # Whoever keeps JAX to the CPU has a reason.
        asked = os.environ.get("JAX_PLATFORMS", "")
        return asked == "cpu" or any(device.platform != "cpu" for device in jax.devices())
    if backend == "torch":
        import torch

        return bool(torch.cuda.is_available() or torch.backends.mps.is_available())
    return True
