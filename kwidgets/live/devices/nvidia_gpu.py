"""Which NVIDIA GPU this machine has, whether or not a backend sees it."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import threading
from pathlib import Path

from kwidgets.language import t
from kwidgets.live.devices.nvml import ask, start_nvml, visible_gpus

LOOK_SECONDS = 2.0
PROC = Path("/proc/driver/nvidia")
DEVICE_NODES = Path("/dev")


def not_given() -> str:
    """Return what to do for a container that was not given the GPU."""
    return t(
        "This container was started without it: start it with its GPUs "
        "(docker run --gpus all; in JupyterHub, choose a server with a GPU)."
    )


def restart() -> str:
    """Return what to do where an older driver than the installed one still runs."""
    return t(
        "Its driver was updated, but the old one still runs: restart the machine, "
        "or in a container start that anew."
    )


@dataclasses.dataclass(frozen=True)
class MachineGPU:
    """A GPU of this machine.

    Args:
        name: its model.
        driver: the driver's release, such as 580; None if unknown.
        capability: its CUDA compute capability, such as (7, 5); None if unknown.
        fault: what no package can mend: why not, and what to do; or "".
    """

    name: str
    driver: int | None = None
    capability: tuple[int, int] | None = None
    fault: str = ""


def find_machine_gpu() -> MachineGPU | None:
    """Return the first GPU that this process may use, or None. Takes at most LOOK_SECONDS.

    A driver that is not kept loaded needs seconds to wake up its GPUs: then we know of none.
    """
    found: list[MachineGPU | None] = []
    looking = threading.Thread(
        target=lambda: found.append(ask(_look)), name="kwidgets-find-gpu", daemon=True
    )
    looking.start()
    looking.join(LOOK_SECONDS)
    return found[0] if found else None


def _look() -> MachineGPU | None:
    try:
        nvml = start_nvml()
    except Exception as error:
        gpu = _from_proc() or _from_nvidia_smi()
        # The kernel still runs the driver that was there when the machine started.
        if gpu and not gpu.fault and type(error).__name__ == "NVMLError_LibRmVersionMismatch":
            return dataclasses.replace(gpu, fault=restart())
        return gpu
    # A driver that works is believed: what it does not show is not meant for us.
    for handle in visible_gpus(nvml):
        return MachineGPU(
            name=ask(nvml.nvmlDeviceGetName, handle) or "NVIDIA GPU",
            driver=_release(ask(nvml.nvmlSystemGetDriverVersion) or ""),
            capability=ask(nvml.nvmlDeviceGetCudaComputeCapability, handle),
        )
    return None


def _from_proc() -> MachineGPU | None:
    for path in sorted(PROC.glob("gpus/*/information")):
        model = re.search(r"^Model:\s*(.+?)\s*$", path.read_text(), re.MULTILINE)
        # A container sees all of /proc, but of /dev only what it was given.
        given = any(DEVICE_NODES.glob("nvidia[0-9]*"))
        version = ask((PROC / "version").read_text) or ""
        return MachineGPU(
            name=model[1] if model else "NVIDIA GPU",
            driver=_release(version.partition("Kernel Module")[2]),
            fault="" if given else not_given(),
        )
    return None


def _from_nvidia_smi() -> MachineGPU | None:
    try:
        output = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=LOOK_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    line = re.search(r"^GPU \d+: (.+?) \(UUID", output, re.MULTILINE)
    return MachineGPU(line[1]) if line else None


def _release(version: str) -> int | None:
    """Return 580 of "580.65.06", wherever it stands in the text."""
    match = re.search(r"\b(\d{3,})\.\d", version)
    return int(match[1]) if match else None
