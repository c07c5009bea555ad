"""Test finding the machine's GPU, by the driver's library, /proc and nvidia-smi."""

import subprocess
import threading
import types

import pynvml as real
import pytest

from kwidgets.live.devices import nvidia_gpu
from kwidgets.live.devices.nvidia_gpu import (
    InstalledGPU,
    container_advice,
    find_installed_gpu,
    restart_advice,
)

OPEN_MODULE = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build\n"
CLOSED_MODULE = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 2023\n"
GCC = "GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1)\n"


@pytest.fixture
def no_library(nvml, tmp_path, monkeypatch):
    """No library, no /proc and no nvidia-smi with a GPU, unless a test adds them."""
    nvml.failing["nvmlInit"] = real.NVML_ERROR_LIBRARY_NOT_FOUND
    monkeypatch.setattr(nvidia_gpu, "PROC", tmp_path / "proc")
    monkeypatch.setattr(nvidia_gpu, "DEVICE_NODES", tmp_path / "dev")
    (tmp_path / "dev").mkdir()

    def no_command(*args, **kwargs):
        raise FileNotFoundError("nvidia-smi")

    monkeypatch.setattr(nvidia_gpu.subprocess, "run", no_command)
    return nvml


@pytest.fixture
def proc(no_library, tmp_path):
    """A GPU in /proc, and its device in /dev."""
    folder = tmp_path / "proc" / "gpus" / "0000:01:00.0"
    folder.mkdir(parents=True)
    (folder / "information").write_text("Model: \t\t NVIDIA GeForce RTX 4090\nIRQ:   \t 42\n")
    (tmp_path / "proc" / "version").write_text(OPEN_MODULE + GCC)
    (tmp_path / "dev" / "nvidia0").touch()
    return tmp_path


def test_the_library_knows_it_all(nvml, make_gpu):
    nvml.gpus = [make_gpu("NVIDIA T4", capability=(7, 5)), make_gpu()]
    nvml.driver = "535.104.05"
    assert find_installed_gpu() == InstalledGPU("NVIDIA T4", 535, (7, 5))


def test_only_a_gpu_that_this_process_may_use(nvml, make_gpu, monkeypatch):
    nvml.gpus = [make_gpu("first", "GPU-1"), make_gpu("second", "GPU-2")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert find_installed_gpu().name == "second"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5")
    assert find_installed_gpu() is None


def test_a_library_that_works_is_believed(nvml, proc):
    nvml.failing.clear()
    nvml.gpus = []
    assert find_installed_gpu() is None


@pytest.mark.parametrize(("version", "release"), [(OPEN_MODULE, 560), (CLOSED_MODULE, 535)])
def test_proc_tells_model_and_driver(proc, version, release):
    (proc / "proc" / "version").write_text(version + GCC)
    assert find_installed_gpu() == InstalledGPU("NVIDIA GeForce RTX 4090", release)


def test_a_container_without_the_device_was_started_without_it(proc):
    (proc / "dev" / "nvidia0").unlink()
    assert find_installed_gpu().fault == container_advice()


def test_a_driver_updated_under_way_wants_a_restart(nvml, proc):
    nvml.failing["nvmlInit"] = real.NVML_ERROR_LIB_RM_VERSION_MISMATCH
    assert find_installed_gpu().fault == restart_advice()
    (proc / "dev" / "nvidia0").unlink()
    assert find_installed_gpu().fault == container_advice(), "the lesser fault would not help"


def test_nvidia_smi_is_asked_last(no_library, monkeypatch):
    asked = []

    def run(command, **options):
        asked.append((command, options["timeout"]))
        line = "GPU 0: NVIDIA RTX A2000 (Laptop) (UUID: GPU-1234)\nGPU 1: Other (UUID: GPU-2)\n"
        return types.SimpleNamespace(stdout=line)

    monkeypatch.setattr(nvidia_gpu.subprocess, "run", run)
    assert find_installed_gpu() == InstalledGPU("NVIDIA RTX A2000 (Laptop)")
    assert asked == [(["nvidia-smi", "-L"], nvidia_gpu.SEARCH_SECONDS)]


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("nvidia-smi"),
        subprocess.TimeoutExpired("nvidia-smi", 2),
        subprocess.CalledProcessError(9, "nvidia-smi"),
    ],
)
def test_a_machine_without_a_gpu(no_library, monkeypatch, error):
    def run(*args, **kwargs):
        raise error

    monkeypatch.setattr(nvidia_gpu.subprocess, "run", run)
    assert find_installed_gpu() is None


def test_a_driver_that_hangs_is_not_waited_for(nvml, monkeypatch):
    hanging = threading.Event()
    monkeypatch.setattr(nvidia_gpu, "SEARCH_SECONDS", 0.01)
    monkeypatch.setattr(nvml, "nvmlInit", lambda: hanging.wait(60))
    try:
        assert find_installed_gpu() is None
    finally:
        hanging.set()
