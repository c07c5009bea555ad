"""Explain why PyTorch sees no NVIDIA GPU. https://pytorch.org/get-started/locally/"""

from __future__ import annotations

from kwidgets.language import t
from kwidgets.live.devices.install_advice import driver_advice, runs_cuda
from kwidgets.live.devices.nvidia_gpu import InstalledGPU

SELECTOR = "https://pytorch.org/get-started/locally/"
NAME = "PyTorch"


def needs_no_advice() -> bool:
    """Return whether PyTorch sees an accelerator, or is built for those of AMD or Intel."""
    import torch

    return bool(
        torch.cuda.is_available()
        or getattr(torch.version, "hip", None)
        or getattr(torch.version, "xpu", None)
        or torch.backends.mps.is_available()
    )


def version() -> str:
    import torch

    return str(torch.__version__)


def advice(gpu: InstalledGPU) -> str:
    """Return what to do, as a sentence."""
    import torch

    built = torch.version.cuda
    if built is None:
        if not runs_cuda(gpu, 12):
            return t(
                "%1. This build supports CPUs only. Install one for CUDA (see %2), then restart "
                "the kernel.",
                driver_advice(gpu, 12),
                SELECTOR,
            )
        return t(
            "This build supports CPUs only. Install one for CUDA (see %1), then restart the "
            "kernel.",
            SELECTOR,
        )
    cuda = int(built.partition(".")[0])
    if not runs_cuda(gpu, cuda):
        return t(
            "%1, or PyTorch for an older version of CUDA; see %2.",
            driver_advice(gpu, cuda),
            SELECTOR,
        )
    return t(
        "This build supports CUDA %1 but cannot use it. To find the cause, run %2",
        built,
        'python -c "import torch; torch.cuda.init()"',
    )
