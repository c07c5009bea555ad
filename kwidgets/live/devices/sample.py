"""What is used of the devices that this process may use: GPUs through NVML, and the CPU."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import psutil

from kwidgets import protocol
from kwidgets.live.devices.describe import usable_cpus

logger = logging.getLogger("kwidgets")

# Where a container says how much memory it may use: cgroup 2, cgroup 1.
_MEMORY_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclasses.dataclass(frozen=True)
class DeviceUse:
    """One device at one moment; None where it is not known."""

    kind: Literal["gpu", "cpu"]
    name: str
    # Share of its computing power, from 0 to 1; of a CPU, this process's.
    use: float | None
    memory_used_bytes: float | None
    memory_total_bytes: float | None


class DeviceSampler:
    """Reads the devices' use. A sample of the CPU costs 0.05 ms."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent()  # the next one is counted from here
        self._cores = len(usable_cpus())
        self._total = _machine_memory()
        self._gpus = visible_gpus()

    def sample(self) -> list[DeviceUse]:
        """Return GPUs first, then the CPU. A GPU whose driver fails is left out."""
        return [*self._sample_gpus(), self._sample_cpu()]

    def _sample_cpu(self) -> DeviceUse:
        return DeviceUse(
            kind="cpu",
            name=f"CPU ({self._cores} core{'' if self._cores == 1 else 's'})",
            use=min(1.0, self._process.cpu_percent() / 100 / self._cores),
            memory_used_bytes=float(self._process.memory_info().rss),
            memory_total_bytes=self._total,
        )

    def _sample_gpus(self) -> list[DeviceUse]:
        if not self._gpus:
            return []
        import pynvml

        uses = []
        for gpu in self._gpus:
            memory = _or_none(pynvml.nvmlDeviceGetMemoryInfo, gpu.handle)
            rates = _or_none(pynvml.nvmlDeviceGetUtilizationRates, gpu.handle)
            if memory is None and rates is None:
                continue
            uses.append(
                DeviceUse(
                    kind="gpu",
                    name=gpu.name,
                    use=None if rates is None else rates.gpu / 100,
                    memory_used_bytes=None if memory is None else float(memory.used),
                    memory_total_bytes=None if memory is None else float(memory.total),
                )
            )
        return uses


@dataclasses.dataclass(frozen=True)
class Gpu:
    """A GPU as NVML knows it."""

    handle: Any
    name: str
    uuid: str


def all_gpus() -> list[Gpu]:
    """Return the machine's NVIDIA GPUs; none where there is no driver for them."""
    try:
        import pynvml

        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
    except Exception:  # no driver, or one of another version
        return []
    gpus = []
    for i in range(count):
        handle = _or_none(pynvml.nvmlDeviceGetHandleByIndex, i)
        if handle is None:
            continue
        name = _text(_or_none(pynvml.nvmlDeviceGetName, handle)) or "NVIDIA GPU"
        gpus.append(Gpu(handle, name, _text(_or_none(pynvml.nvmlDeviceGetUUID, handle))))
    return gpus


def visible_gpus() -> list[Gpu]:
    """Return those of :func:`all_gpus` that CUDA_VISIBLE_DEVICES lets this process see."""
    return choose_visible(all_gpus(), os.environ.get("CUDA_VISIBLE_DEVICES"))


def choose_visible(gpus: Sequence[Gpu], setting: str | None) -> list[Gpu]:
    """Return the GPUs that ``setting`` names, as CUDA reads it.

    It is a list of indices, or of UUIDs or their beginnings; what follows the first that is none
    of the machine's is not seen. A part of a GPU (MIG) counts as the whole.
    """
    if setting is None:
        return list(gpus)
    chosen: list[Gpu] = []
    for word in (part.strip() for part in setting.split(",")):
        if word.isdigit():
            found = gpus[int(word)] if int(word) < len(gpus) else None
        elif word.startswith("MIG-"):
            found = gpus[0] if gpus else None
        else:
            found = next((gpu for gpu in gpus if word and gpu.uuid.startswith(word)), None)
        if found is None:
            break
        if found not in chosen:
            chosen.append(found)
    return chosen


def wire_devices(uses: Sequence[DeviceUse]) -> list[protocol.Device]:
    """Return ``uses`` as they cross the wire."""
    return [protocol.Device(**dataclasses.asdict(use)) for use in uses]  # type: ignore[typeddict-item]


def _machine_memory() -> float:
    total = float(psutil.virtual_memory().total)
    for path in _MEMORY_LIMITS:
        try:
            limit = float(Path(path).read_text())
        except (OSError, ValueError):  # not there, or "max"
            continue
        return min(total, limit)
    return total


def _or_none(function: Callable[..., Any], *args: Any) -> Any | None:
    """What NVML cannot tell of a device, or no longer."""
    try:
        return function(*args)
    except Exception:
        return None


def _text(value: Any) -> str:
    """Older releases of NVML's Python return bytes."""
    return value.decode() if isinstance(value, bytes) else str(value or "")
