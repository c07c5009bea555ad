"""Explain why JAX sees no NVIDIA GPU. https://docs.jax.dev/en/latest/installation.html"""

from __future__ import annotations

import platform

from kwidgets.language import t
from kwidgets.live.devices.install_advice import (
    driver_advice,
    has_extra,
    install_advice,
    join_advice,
    offers_extra,
    runs_cuda,
)
from kwidgets.live.devices.nvidia_gpu import InstalledGPU

NAME = "JAX"


def needs_no_advice() -> bool:
    """Return whether JAX sees an accelerator, or may use none (JAX_PLATFORMS=cpu)."""
    import jax

    platforms = jax.config.jax_platforms
    if platforms and not {"cuda", "gpu"} & set(platforms.split(",")):
        return True
    return any(device.platform != "cpu" for device in jax.devices())


def version() -> str:
    import jax

    return str(jax.__version__)


def cuda_extra(gpu: InstalledGPU) -> str:
    """Return the extra of jax for this driver and GPU; if unknown, cuda12, which runs on most."""
    known = gpu.driver is not None and gpu.capability is not None
    # A jax from before CUDA 13 lacks the extra. Without jax, a new one would be installed.
    older = offers_extra("jax", "cuda12") and not offers_extra("jax", "cuda13")
    return "cuda13" if known and _runs_cuda_13(gpu) and not older else "cuda12"


def _runs_cuda_13(gpu: InstalledGPU) -> bool:
    # CUDA 13 does not support GPUs before Turing, which is 7.5.
    return runs_cuda(gpu, 13) and (gpu.capability is None or gpu.capability >= (7, 5))


def advice(gpu: InstalledGPU) -> str:
    """Return what to do, as a sentence."""
    if platform.system() == "Windows":
        return t(
            "On Windows, JAX supports GPUs only in WSL2; see "
            "https://docs.jax.dev/en/latest/installation.html."
        )
    wanted = install_advice(f"jax[{cuda_extra(gpu)}]")
    if not runs_cuda(gpu, 12):
        return join_advice(driver_advice(gpu, 12), wanted)
    if has_extra("jax", "cuda13") and not _runs_cuda_13(gpu):
        return t(
            "CUDA 13 is too new for this GPU or its driver. Run pip uninstall jax-cuda13-plugin "
            "jax-cuda13-pjrt, then %1",
            wanted,
        )
    if has_extra("jax", "cuda12") or has_extra("jax", "cuda13"):
        return t(
            "The CUDA plugin is installed but does not start. To find the cause, run %1",
            "python -c \"import jax; jax.devices('cuda')\"",
        )
    return t("The CUDA plugin is missing. Run %1", wanted)
