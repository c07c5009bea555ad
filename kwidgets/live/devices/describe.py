"""Describe the device that the Keras backend computes on."""

from __future__ import annotations

import keras

from kwidgets.language import t
from kwidgets.live.devices.limits import usable_cpus


def describe_device() -> str:
    """Return the default device of the running backend, such as "GPU (NVIDIA A100)"."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            details = tf.config.experimental.get_device_details(gpus[0])
            return _accelerators("GPU", len(gpus), details.get("device_name", ""))
    elif backend == "jax":
        import jax

        devices = jax.devices()
        if devices[0].platform != "cpu":
            return _accelerators(devices[0].platform.upper(), len(devices), devices[0].device_kind)
    elif backend == "torch":
        import torch

        if torch.cuda.is_available():
            count = torch.cuda.device_count()
            return _accelerators("GPU", count, torch.cuda.get_device_name(0))
        if torch.backends.mps.is_available():
            return "GPU (Apple)"
    return t("CPU (%1 cores)", len(usable_cpus()))


def _accelerators(kind: str, count: int, name: str) -> str:
    several = f"{count} × " if count > 1 else ""
    return f"{several}{kind} ({name})" if name else f"{several}{kind}"
