"""Read how busy each device is that this process may use."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Literal

from kwidgets.live.devices.limits import memory_limit_bytes, usable_cores
from kwidgets.live.devices.nvml import start_nvml, try_call, visible_gpus


@dataclasses.dataclass(frozen=True)
class DeviceUse:
    """The usage of one device at one moment; None for unknown values.

    Args:
        kind: a GPU's usage is that of all processes, the CPU's of this process alone.
        name: the GPU's model, or "CPU".
        use: share of its computing time, 0 to 1: of a GPU in the last second at most, of the CPU
            (all cores that the process may use) since the previous sample.
        memory_used_bytes: memory in use. A GPU's includes what a backend has reserved: TensorFlow
            and JAX take most of it at once, whatever the model needs.
        memory_total_bytes: all memory; the CPU's is at most the container's limit.
    """

    kind: Literal["gpu", "cpu"]
    name: str
    use: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None


class DeviceSampler:
    """Samples the devices: first the GPUs that CUDA shows to this process, then the CPU.

    Never raises: without a driver there is no GPU, and if it fails the values are None. Use it from
    one thread.

    Without a GPU a sample costs 0.04 ms on a virtual machine of two cores, and the first one of a
    fit 0.1 ms; the first one of all takes 0.1 s, for the imports. A GPU adds two calls of the
    driver, not measured here.
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
        return [*(self._sample_gpu(name, gpu) for name, gpu in self._gpus), self._cpu.sample()]

    def _find_gpus(self) -> list[tuple[str, Any]]:
        self._nvml = nvml = _nvml()
        if nvml is None:
            return []
        gpus = try_call(visible_gpus, nvml) or []
        return [(try_call(nvml.nvmlDeviceGetName, gpu) or "NVIDIA GPU", gpu) for gpu in gpus]

    def _sample_gpu(self, name: str, gpu: Any) -> DeviceUse:
        # A part of a split GPU (MIG) has no usage; one that shares the CPU's memory has no memory.
        rates = try_call(self._nvml.nvmlDeviceGetUtilizationRates, gpu)
        memory = try_call(self._nvml.nvmlDeviceGetMemoryInfo, gpu)
        return DeviceUse(
            kind="gpu",
            name=name,
            use=None if rates is None else rates.gpu / 100,
            memory_used_bytes=None if memory is None else int(memory.used),
            memory_total_bytes=None if memory is None else int(memory.total),
        )


class _ProcessSampler:
    """This process's share of the CPU. The first sample has no use: it needs a previous one."""

    def __init__(self) -> None:
        self._began = False
        self._process: Any = None

    def sample(self) -> DeviceUse:
        try:
            return self._sample()
        except Exception:  # a system may forbid any of the many ways in which psutil reads
            return DeviceUse("cpu", "CPU")

    def _sample(self) -> DeviceUse:
        if self._process is None:
            import psutil

            self._process = psutil.Process()
        cores, memory_bytes = _limits()
        percent = self._process.cpu_percent()
        use = min(1.0, percent / 100 / cores) if self._began else None
        self._began = True
        return DeviceUse(
            kind="cpu",
            name="CPU",
            use=use,
            memory_used_bytes=self._process.memory_info().rss,
            memory_total_bytes=memory_bytes,
        )


# Read once: the first sample of each fit delays its first step, because both need Python's lock.


@functools.cache
def _nvml() -> Any:
    """Return the module ``pynvml``, or None without a driver."""
    return try_call(start_nvml)


@functools.cache
def _limits() -> tuple[float, int]:
    """Return how many cores and bytes of memory this process may use."""
    import psutil

    totals = (psutil.virtual_memory().total, try_call(memory_limit_bytes))
    return try_call(usable_cores) or 1.0, min(total for total in totals if total)
