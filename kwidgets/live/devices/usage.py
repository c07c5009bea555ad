"""What each device that this process may use is doing right now."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from kwidgets.live.devices.limits import memory_limit_bytes, usable_cores
from kwidgets.live.devices.nvml import ask, start_nvml, visible_gpus


@dataclasses.dataclass(frozen=True)
class DeviceUse:
    """One device at one moment. What it does not tell is None.

    Args:
        kind: a GPU counts for all who use it, the CPU for this process alone.
        name: the GPU's model, or "CPU".
        use: share of its computing time, 0 to 1, of late: of a GPU since up to a second ago, of
            the CPU (all cores that the process may use) since the sample before.
        memory_used_bytes: memory taken. Of a GPU it includes what a backend has set aside:
            TensorFlow and JAX take most of it at once, whatever the model needs.
        memory_total_bytes: memory there is; of the CPU, no more than the container may hold.
    """

    kind: Literal["gpu", "cpu"]
    name: str
    use: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None


class DeviceSampler:
    """Looks at the devices: first the GPUs that CUDA shows to this process, then the CPU.

    Never raises: a driver that is missing has no GPU, one that dies has no numbers. Use it from
    one thread.

    Without a GPU a sample costs 0.04 ms on a virtual machine of two cores; the first one takes
    0.1 s, for the imports. A GPU adds the driver's time for two questions, not measured here.
    """

    def __init__(self) -> None:
        self._nvml: Any = None
        self._gpus: list[tuple[str, Any]] | None = None
        self._cpu: _ProcessSampler | None = None

    def sample(self) -> list[DeviceUse]:
        """Return the GPUs, if any, and last the CPU."""
        if self._gpus is None:
            self._gpus = self._find_gpus()
        if self._cpu is None:
            self._cpu = _ProcessSampler()
        return [*(self._look_at(name, gpu) for name, gpu in self._gpus), self._cpu.sample()]

    def _find_gpus(self) -> list[tuple[str, Any]]:
        self._nvml = nvml = ask(start_nvml)
        if nvml is None:
            return []
        gpus = ask(visible_gpus, nvml) or []
        return [(ask(nvml.nvmlDeviceGetName, gpu) or "NVIDIA GPU", gpu) for gpu in gpus]

    def _look_at(self, name: str, gpu: Any) -> DeviceUse:
        # A part of a split GPU (MIG) has no use of its own; one with the CPU's memory, no memory.
        rates = ask(self._nvml.nvmlDeviceGetUtilizationRates, gpu)
        memory = ask(self._nvml.nvmlDeviceGetMemoryInfo, gpu)
        return DeviceUse(
            kind="gpu",
            name=name,
            use=None if rates is None else rates.gpu / 100,
            memory_used_bytes=None if memory is None else int(memory.used),
            memory_total_bytes=None if memory is None else int(memory.total),
        )


class _ProcessSampler:
    """This process's share of the CPU. The first sample has no use: there is none before it."""

    def __init__(self) -> None:
        self._began = False
        self._cores = ask(usable_cores) or 1.0
        self._process: Any = None
        self._total: int | None = None

    def sample(self) -> DeviceUse:
        try:
            return self._sample()
        except Exception:  # whatever a system forbids: psutil reads it in a dozen ways
            return DeviceUse("cpu", "CPU")

    def _sample(self) -> DeviceUse:
        if self._process is None:
            import psutil

            self._process = psutil.Process()
            totals = (psutil.virtual_memory().total, ask(memory_limit_bytes))
            self._total = min(total for total in totals if total)
        percent = self._process.cpu_percent()
        use = min(1.0, percent / 100 / self._cores) if self._began else None
        self._began = True
        return DeviceUse(
            kind="cpu",
            name="CPU",
            use=use,
            memory_used_bytes=self._process.memory_info().rss,
            memory_total_bytes=self._total,
        )
