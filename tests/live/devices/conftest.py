"""Fixtures that imitate the NVIDIA driver, with the GPUs and faults that a test chooses."""

import dataclasses
import sys
import types

import pynvml as real
import pytest

from kwidgets.live.devices import usage

GIB = 2**30


@dataclasses.dataclass
class Gpu:
    """A GPU, and its handle."""

    name: str = "NVIDIA A100"
    uuid: str = "GPU-aaaa1111"
    use: int = 37
    used: int = 3 * GIB
    total: int = 80 * GIB
    capability: tuple[int, int] = (8, 0)
    parts: list["Gpu"] = dataclasses.field(default_factory=list)
    lost: bool = False


class FakeNvml(types.ModuleType):
    """The functions of pynvml that kwidgets uses, with pynvml's names and errors.

    ``failing`` maps the name of a function to the error code that it raises from now on.
    """

    FUNCTIONS = (
        "nvmlInit",
        "nvmlDeviceGetCount",
        "nvmlDeviceGetHandleByIndex",
        "nvmlDeviceGetHandleByUUID",
        "nvmlDeviceGetName",
        "nvmlDeviceGetUUID",
        "nvmlDeviceGetUtilizationRates",
        "nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetMigMode",
        "nvmlDeviceGetMaxMigDeviceCount",
        "nvmlDeviceGetMigDeviceHandleByIndex",
        "nvmlDeviceGetCudaComputeCapability",
        "nvmlSystemGetDriverVersion",
    )

    def __init__(self):
        super().__init__("pynvml")
        self.gpus = [Gpu()]
        self.driver = "580.65.06"
        self.failing = {}
        self.began = 0
        for name in self.FUNCTIONS:
            setattr(self, name, self._function(name))
        for name in dir(real):
            if name.startswith(("NVMLError", "NVML_")):
                setattr(self, name, getattr(real, name))

    def _function(self, name):
        def function(*args):
            if name in self.failing:
                raise real.NVMLError(self.failing[name])
            if name != "nvmlInit" and not self.began:
                raise real.NVMLError(real.NVML_ERROR_UNINITIALIZED)
            if args and isinstance(args[0], Gpu) and args[0].lost:
                raise real.NVMLError(real.NVML_ERROR_GPU_IS_LOST)
            return getattr(self, f"_{name}")(*args)

        return function

    def _nvmlInit(self):  # noqa: N802
        self.began += 1

    def _nvmlDeviceGetCount(self):  # noqa: N802
        return len(self.gpus)

    def _nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        if self.gpus[index].lost:
            raise real.NVMLError(real.NVML_ERROR_GPU_IS_LOST)
        return self.gpus[index]

    def _nvmlDeviceGetHandleByUUID(self, uuid):  # noqa: N802
        for gpu in [*self.gpus, *(part for whole in self.gpus for part in whole.parts)]:
            if gpu.uuid == uuid:
                return gpu
        raise real.NVMLError(real.NVML_ERROR_NOT_FOUND)

    def _nvmlDeviceGetName(self, gpu):  # noqa: N802
        return gpu.name

    def _nvmlDeviceGetUUID(self, gpu):  # noqa: N802
        return gpu.uuid

    def _nvmlDeviceGetUtilizationRates(self, gpu):  # noqa: N802
        if gpu.uuid.startswith("MIG-"):
            raise real.NVMLError(real.NVML_ERROR_NOT_SUPPORTED)
        return types.SimpleNamespace(gpu=gpu.use, memory=1)

    def _nvmlDeviceGetMemoryInfo(self, gpu):  # noqa: N802
        return types.SimpleNamespace(used=gpu.used, total=gpu.total, free=gpu.total - gpu.used)

    def _nvmlDeviceGetMigMode(self, gpu):  # noqa: N802
        return (int(bool(gpu.parts)),) * 2

    def _nvmlDeviceGetMaxMigDeviceCount(self, gpu):  # noqa: N802
        return 7

    def _nvmlDeviceGetMigDeviceHandleByIndex(self, gpu, index):  # noqa: N802
        # As in the real one, the parts may have gaps: there is none at index 0.
        if not 1 <= index <= len(gpu.parts):
            raise real.NVMLError(real.NVML_ERROR_NOT_FOUND)
        return gpu.parts[index - 1]

    def _nvmlDeviceGetCudaComputeCapability(self, gpu):  # noqa: N802
        return gpu.capability

    def _nvmlSystemGetDriverVersion(self):  # noqa: N802
        return self.driver


@pytest.fixture
def nvml(monkeypatch):
    """Return a driver with one GPU, which a test may change before it is used."""
    fake = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    usage._nvml.cache_clear()
    yield fake
    usage._nvml.cache_clear()


@pytest.fixture
def make_gpu():
    return Gpu
