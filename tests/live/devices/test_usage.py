"""Test the samples of GPUs and of the CPU, also with drivers that fail."""

import subprocess
import sys

import pynvml as real
import pytest

from kwidgets.live.devices import limits, usage
from kwidgets.live.devices.encode import wire_devices
from kwidgets.live.devices.limits import memory_limit_bytes, usable_cores, usable_cpus
from kwidgets.live.devices.usage import DeviceSampler, DeviceUse


@pytest.fixture
def two_gpus(nvml, make_gpu):
    nvml.gpus = [make_gpu("NVIDIA A", "GPU-aaaa1111"), make_gpu("NVIDIA B", "GPU-aabb2222", use=90)]
    return nvml


@pytest.fixture
def split_gpu(nvml, make_gpu):
    parts = [make_gpu("NVIDIA A MIG 1g", "MIG-1", total=5), make_gpu("NVIDIA A MIG 2g", "MIG-2")]
    nvml.gpus = [make_gpu("NVIDIA A", parts=parts)]
    return nvml


def names(sample):
    return [device.name for device in sample]


def test_the_fake_has_only_names_that_the_real_library_has(nvml):
    assert [name for name in nvml.FUNCTIONS if not callable(getattr(real, name, None))] == []


def test_gpus_come_first_with_use_and_memory(two_gpus):
    first, second, cpu = DeviceSampler().sample()
    assert first == DeviceUse("gpu", "NVIDIA A", 0.37, 3 * 2**30, 80 * 2**30)
    assert (second.name, second.use) == ("NVIDIA B", 0.9)
    assert cpu.kind == "cpu"


def test_each_sample_looks_anew_but_the_driver_is_started_once(nvml):
    sampler = DeviceSampler()
    sampler.sample()
    nvml.gpus[0].use = 99
    assert sampler.sample()[0].use == 0.99
    assert nvml.began == 1


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("0", ["NVIDIA A"]),
        ("1,0", ["NVIDIA B", "NVIDIA A"]),
        (" 1 ", ["NVIDIA B"]),
        ("1,-1,0", ["NVIDIA B"]),
        ("0,7,1", ["NVIDIA A"]),
        ("1,1", ["NVIDIA B"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("GPU-aabb2222", ["NVIDIA B"]),
        ("GPU-aab", ["NVIDIA B"]),
        ("GPU-aa", []),  # fits both
        ("GPU-ffff", []),
        ("GPU-aabb2222,0", ["NVIDIA B", "NVIDIA A"]),
        ("MIG-none", []),
    ],
)
def test_only_the_gpus_that_cuda_shows(two_gpus, monkeypatch, visible, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert names(DeviceSampler().sample()) == [*expected, "CPU"]


@pytest.mark.parametrize(
    ("visible", "expected"),
    [(None, "NVIDIA A MIG 1g"), ("0", "NVIDIA A MIG 1g"), ("MIG-2", "NVIDIA A MIG 2g")],
)
def test_a_part_of_a_split_gpu_has_memory_but_no_use(split_gpu, monkeypatch, visible, expected):
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    part, _ = DeviceSampler().sample()
    assert (part.name, part.use) == (expected, None)
    assert part.memory_used_bytes == 3 * 2**30


def test_a_gpu_lost_before_the_fit_is_left_out_and_the_other_keeps_its_index(two_gpus, monkeypatch):
    two_gpus.gpus[0].lost = True
    assert names(DeviceSampler().sample()) == ["NVIDIA B", "CPU"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert names(DeviceSampler().sample()) == ["NVIDIA B", "CPU"]


def test_a_gpu_lost_on_the_way_has_no_numbers_and_may_come_back(two_gpus):
    sampler = DeviceSampler()
    assert sampler.sample()[0].use == 0.37
    two_gpus.gpus[0].lost = True
    first, second, _ = sampler.sample()
    assert first == DeviceUse("gpu", "NVIDIA A")
    assert second.use == 0.9
    two_gpus.gpus[0].lost = False
    assert sampler.sample()[0].use == 0.37


def test_use_that_the_driver_does_not_tell(nvml):
    nvml.failing["nvmlDeviceGetUtilizationRates"] = real.NVML_ERROR_NOT_SUPPORTED
    gpu, _ = DeviceSampler().sample()
    assert gpu.use is None
    assert gpu.memory_total_bytes == 80 * 2**30


def test_memory_that_the_driver_does_not_tell(nvml):
    nvml.failing["nvmlDeviceGetMemoryInfo"] = real.NVML_ERROR_NOT_SUPPORTED
    gpu, _ = DeviceSampler().sample()
    assert gpu == DeviceUse("gpu", "NVIDIA A100", 0.37)


@pytest.mark.parametrize(
    "code",
    [
        real.NVML_ERROR_LIBRARY_NOT_FOUND,
        real.NVML_ERROR_DRIVER_NOT_LOADED,
        real.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
        real.NVML_ERROR_FUNCTION_NOT_FOUND,
    ],
)
def test_a_driver_that_does_not_start(nvml, code):
    nvml.failing["nvmlInit"] = code
    assert names(DeviceSampler().sample()) == ["CPU"]


def test_a_gpu_without_a_name(nvml):
    nvml.failing["nvmlDeviceGetName"] = real.NVML_ERROR_UNKNOWN
    assert names(DeviceSampler().sample()) == ["NVIDIA GPU", "CPU"]


def test_a_pynvml_of_another_age(nvml):
    del nvml.nvmlDeviceGetCount
    assert names(DeviceSampler().sample()) == ["CPU"]


def test_without_pynvml_there_is_the_cpu(nvml, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert names(DeviceSampler().sample()) == ["CPU"]


def test_the_cpu_of_this_very_machine():
    import psutil

    sampler = DeviceSampler()
    assert sampler.sample()[-1].use is None, "nothing came before it"
    began = psutil.Process().cpu_times().user
    while psutil.Process().cpu_times().user < began + 0.05:
        sum(range(10_000))
    cpu = sampler.sample()[-1]
    assert (cpu.kind, cpu.name) == ("cpu", "CPU")
    assert 0 < cpu.use <= 1
    assert 2**20 < cpu.memory_used_bytes < cpu.memory_total_bytes
    assert cpu.memory_total_bytes <= psutil.virtual_memory().total


def test_a_system_that_forbids_to_look(monkeypatch):
    import psutil

    def forbidden(*args):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "memory_info", forbidden)
    assert DeviceSampler().sample()[-1] == DeviceUse("cpu", "CPU")


@pytest.fixture
def cgroups(tmp_path, monkeypatch):
    """Return a function that imitates /sys/fs/cgroup; ``own`` is the process's cgroup."""

    def make(own, **files):
        (tmp_path / "own").write_text(own)
        monkeypatch.setattr(limits, "OWN_CGROUPS", tmp_path / "own")
        monkeypatch.setattr(limits, "CGROUPS", tmp_path / "cgroup")
        for path, text in files.items():
            file = tmp_path / "cgroup" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n")
        usage._limits.cache_clear()

    yield make
    usage._limits.cache_clear()


def test_the_tightest_limit_on_the_way_up_binds(cgroups):
    cgroups(
        "0::/a/b\n",
        **{
            "a/b/cpu.max": "max 100000",
            "a/cpu.max": "50000 100000",
            "a/b/memory.max": "max",
            "a/memory.max": "4096",
            "memory.max": "9000",
        },
    )
    assert usable_cores() == 0.5
    assert memory_limit_bytes() == 4096


def test_limits_of_the_first_version_of_cgroups(cgroups):
    cgroups(
        "5:cpu,cpuacct:/x\n4:memory:/not/seen/from/here\n",
        **{
            "cpu/x/cpu.cfs_quota_us": "25000",
            "cpu/x/cpu.cfs_period_us": "100000",
            "memory/memory.limit_in_bytes": "8192",
        },
    )
    assert usable_cores() == 0.25
    assert memory_limit_bytes() == 8192


def test_no_limit_at_all(cgroups):
    cgroups("0::/\n5:cpu:/\n", **{"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"})
    assert usable_cores() == len(usable_cpus())
    assert memory_limit_bytes() is None


def test_a_container_s_limits_count_in_the_sample(cgroups):
    cgroups("0::/\n", **{"memory.max": str(2**40), "cpu.max": "max 100000"})
    machine = DeviceSampler().sample()[-1].memory_total_bytes
    cgroups("0::/\n", **{"memory.max": "1000000"})
    assert DeviceSampler().sample()[-1].memory_total_bytes == 1_000_000 < machine


def test_on_the_wire_all_numbers_are_floats():
    sample = [DeviceUse("gpu", "G", 0, 5, 10), DeviceUse("cpu", "CPU")]
    gpu, cpu = wire_devices(sample)
    assert gpu == {
        "kind": "gpu",
        "name": "G",
        "use": 0.0,
        "memory_used_bytes": 5.0,
        "memory_total_bytes": 10.0,
    }
    assert [type(gpu[key]) for key in ("use", "memory_used_bytes", "memory_total_bytes")] == (
        [float] * 3
    )
    assert [cpu[key] for key in ("use", "memory_used_bytes", "memory_total_bytes")] == [None] * 3


def test_nothing_is_imported_before_the_first_sample():
    code = (
        "import sys, kwidgets, kwidgets.live.devices.monitor\n"
        "kwidgets.live.devices.monitor.DeviceMonitor()\n"
        "assert not {'keras', 'psutil', 'pynvml'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
