"""Advise users whose machine has a GPU that the Keras backend does not use."""

from __future__ import annotations

import platform
from typing import Protocol

import keras

from kwidgets.language import t
from kwidgets.live.devices import missing_gpu_jax, missing_gpu_tensorflow, missing_gpu_torch
from kwidgets.live.devices.nvidia_gpu import InstalledGPU, find_installed_gpu
from kwidgets.live.devices.nvml import cuda_visible_devices


class _Backend(Protocol):
    """The functions of each module ``missing_gpu_<backend>``."""

    NAME: str

    def needs_no_advice(self) -> bool: ...
    def version(self) -> str: ...
    def advice(self, gpu: InstalledGPU) -> str: ...


_BACKENDS: dict[str, _Backend] = {
    "tensorflow": missing_gpu_tensorflow,
    "jax": missing_gpu_jax,
    "torch": missing_gpu_torch,
}


def missing_gpu_notice() -> str | None:
    """Return what to install so that the running backend trains on this machine's NVIDIA GPU.

    None if it does, if the user chose the CPU, or if there is no reliable advice (GPUs of AMD and
    Apple). Calls only functions of the backend that a fit calls too. Takes at most two seconds, and
    only if the backend sees no GPU; raises what the backend raises.
    """
    backend = _BACKENDS.get(keras.backend.backend())
    if backend is None or platform.system() not in ("Linux", "Windows"):
        return None
    # An empty list hides all GPUs, which the user wanted.
    if cuda_visible_devices() == [] or backend.needs_no_advice():
        return None
    gpu = find_installed_gpu()
    if gpu is None:
        return None
    problem = t(
        "This machine has a GPU (%1), but %2 %3 cannot use it and trains on the CPU.",
        gpu.name,
        backend.NAME,
        backend.version(),
    )
    return f"{problem} {gpu.fault or backend.advice(gpu)}"
