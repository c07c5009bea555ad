"""Why PyTorch sees no NVIDIA GPU. https://pytorch.org/get-started/locally/"""

from __future__ import annotations

from kwidgets.live.devices.machine import MachineGPU
from kwidgets.live.devices.packages import RESTART_KERNEL, runs_cuda, update_driver

SELECTOR = "https://pytorch.org/get-started/locally/"
NAME = "PyTorch"


def is_content() -> bool:
    """Whether it sees an accelerator, or is built for those of AMD or Intel."""
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


def advice(gpu: MachineGPU) -> str:
    """Return what to do, in a sentence."""
    import torch

    built = torch.version.cuda
    if built is None:
        install = f"install one for CUDA, as {SELECTOR} says, {RESTART_KERNEL}."
        if not runs_cuda(gpu, 12):
            return f"{update_driver(gpu, 12)}. It is also a build for CPUs only: {install}"
        return f"It is a build for CPUs only: {install}"
    cuda = int(built.partition(".")[0])
    if not runs_cuda(gpu, cuda):
        return f"{update_driver(gpu, cuda)}, or PyTorch for an older CUDA, as {SELECTOR} says."
    return (
        f"It is built for CUDA {built}, but cannot use it; this tells why: "
        'python -c "import torch; torch.cuda.init()"'
    )
