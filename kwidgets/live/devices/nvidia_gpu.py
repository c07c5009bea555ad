"""Find the NVIDIA GPU of this machine, whether or not a backend sees it."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import threading
from pathlib import Path

from kwidgets.language import t
from kwidgets.live.devices.nvml import start_nvml, try_call, visible_gpus

SEARCH_SECONDS = 2.0
PROC = Path("/proc/driver/nvidia")
DEVICE_NODES = Path("/dev")


def container_advice() -> str:
    """Return what to do in a container that was started without the GPU."""
    return t(
        "This container was started without GPUs. Start it with GPUs (docker run --gpus all; in "
        "JupyterHub, choose a server with a GPU)."
    )


def restart_advice() -> str:
    """Return what to do if an older driver than the installed one still runs."""
    return t(
        "The driver was updated, but the old one is still loaded. Restart the machine or the "
        "container."
    )


@dataclasses.dataclass(frozen=True)
class InstalledGPU:
    """A GPU of this machine.

    Args:
        name: its model.
        driver: the driver's release, such as 580; None if unknown.
        capability: its CUDA compute capability, such as (7, 5); None if unknown.
        fault: a problem that no package fixes, and what to do; or "".
    """

    name: str
    driver: int | None = None
    capability: tuple[int, int] | None = None
    fault: str = ""


def find_installed_gpu() -> InstalledGPU | None:
    """Return the first GPU that this process may use, or None. Takes at most SEARCH_SECONDS.

    A driver that is not kept loaded may take longer to start its GPUs: then None.
    """
    found: list[InstalledGPU | None] = []
    search = threading.Thread(
        target=lambda: found.append(try_call(_find)), name="kwidgets-find-gpu", daemon=True
    )
    search.start()
    search.join(SEARCH_SECONDS)
    return found[0] if found else None


def _find() -> InstalledGPU | None:
    try:
        nvml = start_nvml()
    except Exception as error:
        gpu = _from_proc() or _from_nvidia_smi()
        # The kernel still runs the driver that was there when the machine started.
        if gpu and not gpu.fault and type(error).__name__ == "NVMLError_LibRmVersionMismatch":
            return dataclasses.replace(gpu, fault=restart_advice())
        return gpu
    # If the driver works, GPUs that it does not show are not meant for this process.
    for handle in visible_gpus(nvml):
        return InstalledGPU(
            name=try_call(nvml.nvmlDeviceGetName, handle) or "NVIDIA GPU",
            driver=_release(try_call(nvml.nvmlSystemGetDriverVersion) or ""),
            capability=try_call(nvml.nvmlDeviceGetCudaComputeCapability, handle),
        )
    return None


def _from_proc() -> InstalledGPU | None:
    for path in sorted(PROC.glob("gpus/*/information")):
        model = re.search(r"^Model:\s*(.+?)\s*$", path.read_text(), re.MULTILINE)
        # A container has all of /proc, but of /dev only the devices it was started with.
        given = any(DEVICE_NODES.glob("nvidia[0-9]*"))
        version = try_call((PROC / "version").read_text) or ""
        return InstalledGPU(
            name=model[1] if model else "NVIDIA GPU",
            driver=_release(version.partition("Kernel Module")[2]),
            fault="" if given else container_advice(),
        )
    return None


def _from_nvidia_smi() -> InstalledGPU | None:
    try:
        output = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=SEARCH_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    line = re.search(r"^GPU \d+: (.+?) \(UUID", output, re.MULTILINE)
    return InstalledGPU(line[1]) if line else None


def _release(version: str) -> int | None:
    """Return the release in ``version``, such as 580 for "580.65.06"."""
    match = re.search(r"\b(\d{3,})\.\d", version)
    return int(match[1]) if match else None
