"""The commonest fault of a new environment: there is a GPU, but the backend trains on the CPU."""

from __future__ import annotations

import platform
from typing import Protocol

import keras

from kwidgets.language import t
from kwidgets.live.devices import missing_gpu_jax, missing_gpu_tensorflow, missing_gpu_torch
from kwidgets.live.devices.nvidia_gpu import MachineGPU, find_machine_gpu
from kwidgets.live.devices.nvml import named_gpus


class _Backend(Protocol):
    """What each module ``unseen_<backend>`` answers."""

    NAME: str

    def is_content(self) -> bool: ...
    def version(self) -> str: ...
    def advice(self, gpu: MachineGPU) -> str: ...


_BACKENDS: dict[str, _Backend] = {
    "tensorflow": missing_gpu_tensorflow,
    "jax": missing_gpu_jax,
    "torch": missing_gpu_torch,
}


def unseen_gpu() -> str | None:
    """Return what to install so that the running backend trains on this machine's NVIDIA GPU.

    None where all is well, where the user chose the CPU, or where we know no sure advice (GPUs of
    AMD and Apple). Asks the backend only what it asks itself when a fit begins. Takes at most two
    seconds, and those only where the backend sees no GPU; raises what the backend raises.
    """
    backend = _BACKENDS.get(keras.backend.backend())
    if backend is None or platform.system() not in ("Linux", "Windows"):
        return None
    # An empty list hides all GPUs, and was set for that.
    if named_gpus() == [] or backend.is_content():
        return None
    gpu = find_machine_gpu()
    if gpu is None:
        return None
    told = t(
        "This machine has a GPU (%1), but %2 %3 does not see it, so it trains on the CPU.",
        gpu.name,
        backend.NAME,
        backend.version(),
    )
    return f"{told} {gpu.fault or backend.advice(gpu)}"
