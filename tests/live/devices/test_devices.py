"""What is said of devices: the real CPU of this machine, and GPUs that a driver of paper knows."""

import sys
import threading
import types

import keras
import pytest

from kwidgets.live.devices import unseen
from kwidgets.live.devices.monitor import DeviceMonitor
from kwidgets.live.devices.sample import DeviceSampler, DeviceUse, all_gpus, choose_visible
from kwidgets.live.devices.sample import wire_devices as wire


class NVMLError(Exception):
    pass


class Driver(types.ModuleType):
    """Has the functions of nvidia-ml-py's module that we call, by their real names."""

    def __init__(self, names=("NVIDIA A100", "NVIDIA T4")):
        super().__init__("pynvml")
        self.names = names
        self.broken = set()
        self.cuda = 12080

    def _check(self, function):
        if function in self.broken:
            raise NVMLError(function)

    def nvmlInit(self):  # noqa: N802
        self._check("init")

    def nvmlDeviceGetCount(self):  # noqa: N802
        return len(self.names)

    def nvmlDeviceGetHandleByIndex(self, i):  # noqa: N802
        return i

    def nvmlDeviceGetName(self, handle):  # noqa: N802
        return self.names[handle]

    def nvmlDeviceGetUUID(self, handle):  # noqa: N802
        return f"GPU-{handle}abc"

    def nvmlDeviceGetMemoryInfo(self, handle):  # noqa: N802
        self._check("memory")
        return types.SimpleNamespace(used=(handle + 1) * 10**9, total=40 * 10**9)

    def nvmlDeviceGetUtilizationRates(self, handle):  # noqa: N802
        self._check("rates")
        return types.SimpleNamespace(gpu=50 + handle, memory=10)

    def nvmlSystemGetCudaDriverVersion_v2(self):  # noqa: N802
        return self.cuda


@pytest.fixture
def driver(monkeypatch):
    driver = Driver()
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return driver


def test_this_machine_tells_of_its_cpu():
    (*_, cpu) = DeviceSampler().sample()
    assert cpu.kind == "cpu" and cpu.name.startswith("CPU (")
    assert 0 <= cpu.use <= 1
    assert 0 < cpu.memory_used_bytes < cpu.memory_total_bytes


def test_gpus_come_first_with_their_use(driver):
    first, second, cpu = DeviceSampler().sample()
    assert first == DeviceUse("gpu", "NVIDIA A100", 0.5, 1e9, 40e9)
    assert second == DeviceUse("gpu", "NVIDIA T4", 0.51, 2e9, 40e9)
    assert cpu.kind == "cpu"
    assert wire([first])[0]["use"] == 0.5


@pytest.mark.parametrize(
    ("setting", "seen"),
    [
        (None, [0, 1]),
        ("0,1", [0, 1]),
        ("1", [1]),
        ("1,0", [1, 0]),
        ("GPU-1", [1]),
        ("GPU-0abc,GPU-1abc", [0, 1]),
        ("", []),
        ("-1", []),
        ("7", []),
        ("0,7,1", [0]),
        ("none", []),
        ("MIG-GPU-0abc/1/0", [0]),
    ],
)
def test_those_that_cuda_lets_us_see(driver, setting, seen):
    assert [gpu.handle for gpu in choose_visible(all_gpus(), setting)] == seen


def test_without_a_driver_there_are_none(driver):
    driver.broken.add("init")
    assert all_gpus() == []
    assert [use.kind for use in DeviceSampler().sample()] == ["cpu"]


def test_what_a_gpu_does_not_tell_is_unknown_and_one_that_fails_is_left_out(driver):
    sampler = DeviceSampler()
    driver.broken.add("rates")
    first, *_ = sampler.sample()
    assert first.use is None and first.memory_used_bytes == 1e9
    driver.broken.add("memory")
    assert [use.kind for use in sampler.sample()] == ["cpu"]


class Counter:
    def __init__(self, fails_at=None):
        self.count = 0
        self.fails_at = fails_at
        self.reached = threading.Event()

    def sample(self):
        self.count += 1
        if self.count == self.fails_at:
            raise OSError("the driver went away")
        if self.count >= 3:
            self.reached.set()
        return [DeviceUse("cpu", f"sample {self.count}", None, None, None)]


def test_the_monitor_samples_until_it_is_stopped():
    sampler = Counter()
    monitor = DeviceMonitor(0.01, lambda: sampler)
    monitor.start()
    assert sampler.reached.wait(10)
    assert monitor.latest[0].name.startswith("sample")
    monitor.stop()
    for thread in threading.enumerate():
        if thread.name == "kwidgets-devices":
            thread.join(10)
    after = sampler.count
    assert not any(t.name == "kwidgets-devices" for t in threading.enumerate())
    assert sampler.count == after


def test_a_failing_sampler_ends_the_monitor_with_one_word(caplog):
    monitor = DeviceMonitor(0.001, lambda: Counter(fails_at=2))
    monitor.start()
    for thread in threading.enumerate():
        if thread.name == "kwidgets-devices":
            thread.join(10)
    assert monitor.latest == ()
    assert caplog.text.count("can no longer be watched") == 1


def test_a_gpu_that_the_backend_does_not_see_is_told(driver):
    """On this machine no backend sees one; the driver of paper says that there are two."""
    if unseen._backend_sees_gpu():
        pytest.skip("here it sees one")
    text = unseen.unseen_gpu()
    assert "NVIDIA A100 and 1 more" in text
    package = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda12]"}
    assert package.get(keras.backend.backend(), "CUDA") in text


def test_one_that_is_hidden_on_purpose_is_not(driver, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert unseen.unseen_gpu() is None


def test_without_a_gpu_there_is_nothing_to_say(driver):
    driver.broken.add("init")
    assert unseen.unseen_gpu() is None


@pytest.mark.parametrize(
    ("backend", "platform", "says"),
    [
        ("tensorflow", "linux", '%pip install "tensorflow[and-cuda]"'),
        ("tensorflow", "win32", "WSL2"),
        ("jax", "linux", '%pip install "jax[cuda12]"'),
        ("jax", "win32", "WSL2"),
    ],
)
def test_each_backend_has_its_own_remedy(driver, backend, platform, says):
    assert says in unseen.describe_fault(all_gpus(), backend, platform)
    driver.cuda = 13000
    assert "cuda13" in unseen.describe_fault(all_gpus(), "jax", "linux")


def test_pytorchs_build_for_the_cpu_is_told_from_an_old_driver(driver, monkeypatch):
    torch = types.ModuleType("torch")
    torch.version = types.SimpleNamespace(cuda=None)
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert "build for the CPU" in unseen.describe_fault(all_gpus(), "torch", "linux")
    torch.version.cuda = "13.0"
    assert "built for CUDA 13.0" in unseen.describe_fault(all_gpus(), "torch", "linux")
