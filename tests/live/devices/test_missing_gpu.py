"""Test the notice about a GPU that the backend does not use: each case of each backend."""

import importlib
import sys
import types

import keras
import pytest

from kwidgets.live.devices import missing_gpu, missing_gpu_jax, missing_gpu_tensorflow
from kwidgets.live.devices.install_advice import has_extra, offers_extra
from kwidgets.live.devices.missing_gpu import missing_gpu_notice
from kwidgets.live.devices.nvidia_gpu import InstalledGPU, container_advice

T4 = InstalledGPU("NVIDIA T4", 580, (7, 5))


@pytest.fixture
def machine(monkeypatch):
    """A Linux PC with a T4 and a new driver; the test sets backend, GPU and packages."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    state = types.SimpleNamespace(gpu=T4, looked=0, backend="", extras=set())

    def look():
        state.looked += 1
        return state.gpu

    monkeypatch.setattr(missing_gpu, "find_installed_gpu", look)
    monkeypatch.setattr(keras.backend, "backend", lambda: state.backend)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    for module in (missing_gpu_jax, missing_gpu_tensorflow):
        monkeypatch.setattr(module, "has_extra", lambda *names: names in state.extras)
    monkeypatch.setattr(missing_gpu_jax, "offers_extra", lambda package, extra: True)
    return state


def devices(*platforms):
    return [types.SimpleNamespace(platform=name, device_type=name) for name in platforms]


@pytest.fixture
def tensorflow(machine, monkeypatch):
    machine.backend = "tensorflow"
    fake = types.ModuleType("tensorflow")
    fake.__version__ = "2.20.0"
    fake.config = types.SimpleNamespace(list_physical_devices=lambda: devices("CPU"))
    fake.test = types.SimpleNamespace(
        is_built_with_cuda=lambda: True, is_built_with_rocm=lambda: False
    )
    monkeypatch.setitem(sys.modules, "tensorflow", fake)
    return fake


@pytest.fixture
def jax(machine, monkeypatch):
    machine.backend = "jax"
    fake = types.ModuleType("jax")
    fake.__version__ = "0.9.0"
    fake.config = types.SimpleNamespace(jax_platforms=None)
    fake.devices = lambda: devices("cpu")
    monkeypatch.setitem(sys.modules, "jax", fake)
    return fake


@pytest.fixture
def torch(machine, monkeypatch):
    machine.backend = "torch"
    fake = types.ModuleType("torch")
    fake.__version__ = "2.9.0+cpu"
    fake.version = types.SimpleNamespace(cuda=None, hip=None)
    fake.cuda = types.SimpleNamespace(is_available=lambda: False)
    fake.backends = types.SimpleNamespace(mps=types.SimpleNamespace(is_available=lambda: False))
    monkeypatch.setitem(sys.modules, "torch", fake)
    return fake


# For all backends.


def test_the_whole_sentence(tensorflow):
    assert missing_gpu_notice() == (
        "This machine has a GPU (NVIDIA T4), but TensorFlow 2.20.0 cannot use it and trains on the "
        'CPU. The CUDA libraries are missing. Run pip install "tensorflow[and-cuda]", then '
        "restart the kernel."
    )


@pytest.mark.parametrize("hidden", ["", "-1", "NoDevFiles"])
def test_who_hides_all_gpus_means_it(tensorflow, machine, monkeypatch, hidden):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert missing_gpu_notice() is None
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert missing_gpu_notice() is not None


@pytest.mark.parametrize(("system", "backend"), [("Darwin", "jax"), ("Linux", "openvino")])
def test_no_word_where_we_know_no_advice(jax, machine, monkeypatch, system, backend):
    assert missing_gpu_notice() is not None
    monkeypatch.setattr("platform.system", lambda: system)
    machine.backend = backend
    assert missing_gpu_notice() is None


def test_a_machine_without_a_gpu(tensorflow, machine):
    machine.gpu = None
    assert missing_gpu_notice() is None


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_what_no_package_mends_stands_in_its_place(backend, machine, request):
    request.getfixturevalue(backend)
    machine.gpu = InstalledGPU("NVIDIA T4", fault=container_advice())
    assert missing_gpu_notice().endswith(f"trains on the CPU. {container_advice()}")


@pytest.mark.parametrize(("backend", "name"), [("tensorflow", "TensorFlow"), ("jax", "JAX")])
def test_the_real_backend(backend, name, machine):
    """The fakes above must match what they imitate."""
    module = importlib.import_module(f"kwidgets.live.devices.missing_gpu_{backend}")
    if module.needs_no_advice():
        pytest.skip("this machine's GPU is seen")
    machine.backend = backend
    version = importlib.import_module(backend).__version__
    assert missing_gpu_notice().startswith(
        f"This machine has a GPU (NVIDIA T4), but {name} {version} cannot use it and "
        "trains on the CPU. "
    )


# TensorFlow.


@pytest.mark.parametrize("device", ["GPU", "TPU"])
def test_tensorflow_that_sees_one_is_content_and_nobody_looks(tensorflow, machine, device):
    tensorflow.config.list_physical_devices = lambda: devices("CPU", device)
    assert missing_gpu_notice() is None
    assert machine.looked == 0


def test_tensorflow_for_amd(tensorflow):
    tensorflow.test.is_built_with_rocm = lambda: True
    assert missing_gpu_notice() is None


def test_tensorflow_with_all_its_libraries(tensorflow, machine):
    machine.extras = {("tensorflow", "and-cuda")}
    assert "To find the cause, run python -c" in missing_gpu_notice()
    assert "pip install" not in missing_gpu_notice()


def test_tensorflow_on_windows(tensorflow, monkeypatch):
    monkeypatch.setattr("platform.system", lambda: "Windows")
    assert "WSL2" in missing_gpu_notice() and "pip install" not in missing_gpu_notice()


@pytest.mark.parametrize("driver", [470, 524])
def test_tensorflow_with_an_old_driver(tensorflow, machine, driver):
    machine.gpu = InstalledGPU("NVIDIA T4", driver, (7, 5))
    assert f"(version {driver}) is too old for CUDA 12. Install version 525" in missing_gpu_notice()


@pytest.mark.parametrize("driver", [None, 525])
def test_tensorflow_with_a_driver_just_new_enough_or_unknown(tensorflow, machine, driver):
    machine.gpu = InstalledGPU("NVIDIA T4", driver)
    assert "too old" not in missing_gpu_notice()


def test_tensorflow_built_for_cpus(tensorflow):
    tensorflow.test.is_built_with_cuda = lambda: False
    assert (
        "pip uninstall tensorflow tensorflow-cpu, then "
        'pip install "tensorflow[and-cuda]", then restart the kernel.'
    ) in missing_gpu_notice()


def test_tensorflow_on_arm_has_no_gpu_but_jax_does(tensorflow, monkeypatch):
    tensorflow.test.is_built_with_cuda = lambda: False
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert 'on aarch64. Use JAX: run pip install "jax[cuda13]"' in missing_gpu_notice()


# JAX.


@pytest.mark.parametrize("seen", ["gpu", "tpu", "METAL"])
def test_jax_that_sees_one(jax, machine, seen):
    jax.devices = lambda: devices(seen, "cpu")
    assert missing_gpu_notice() is None
    assert machine.looked == 0


@pytest.mark.parametrize(("chosen", "content"), [("cpu", True), ("cuda,cpu", False), ("", False)])
def test_jax_told_to_use_the_cpu(jax, chosen, content):
    jax.config.jax_platforms = chosen
    assert (missing_gpu_notice() is None) == content


@pytest.mark.parametrize(
    ("driver", "capability", "extra"),
    [
        (580, (7, 5), "cuda13"),
        (590, (12, 0), "cuda13"),
        (580, (7, 0), "cuda12"),  # CUDA 13 has no V100
        (575, (9, 0), "cuda12"),
        (525, (9, 0), "cuda12"),
        (580, None, "cuda12"),
        (None, None, "cuda12"),
    ],
)
def test_jax_for_this_driver_and_gpu(jax, machine, driver, capability, extra):
    machine.gpu = InstalledGPU("some GPU", driver, capability)
    assert missing_gpu_notice().endswith(
        f'The CUDA plugin is missing. Run pip install "jax[{extra}]", then restart the kernel.'
    )


def test_jax_from_before_cuda_13(jax, monkeypatch):
    monkeypatch.setattr(missing_gpu_jax, "offers_extra", lambda package, extra: extra == "cuda12")
    assert '"jax[cuda12]"' in missing_gpu_notice()


def test_jax_with_an_old_driver(jax, machine):
    machine.gpu = InstalledGPU("NVIDIA T4", 470, (7, 5))
    assert "(version 470) is too old for CUDA 12" in missing_gpu_notice()


@pytest.mark.parametrize(("driver", "capability"), [(570, (9, 0)), (580, (7, 0))])
def test_jax_with_a_plugin_too_new(jax, machine, driver, capability):
    machine.extras = {("jax", "cuda13")}
    machine.gpu = InstalledGPU("some GPU", driver, capability)
    said = missing_gpu_notice()
    assert "pip uninstall jax-cuda13-plugin" in said and 'pip install "jax[cuda12]"' in said


@pytest.mark.parametrize("extra", ["cuda12", "cuda13"])
@pytest.mark.parametrize("gpu", [T4, InstalledGPU("unknown")])
def test_jax_with_a_plugin_that_does_not_start(jax, machine, extra, gpu):
    machine.extras = {("jax", extra)}
    machine.gpu = gpu
    assert "does not start. To find the cause, run python -c" in missing_gpu_notice()


def test_jax_on_windows(jax, monkeypatch):
    monkeypatch.setattr("platform.system", lambda: "Windows")
    assert "WSL2" in missing_gpu_notice() and "pip install" not in missing_gpu_notice()


# PyTorch.


def test_torch_that_sees_one(torch, machine):
    torch.cuda.is_available = lambda: True
    assert missing_gpu_notice() is None
    assert machine.looked == 0


@pytest.mark.parametrize("maker", ["hip", "xpu"])
def test_torch_for_amd_and_intel(torch, maker):
    setattr(torch.version, maker, "20250101")
    assert missing_gpu_notice() is None


def test_torch_built_for_cpus(torch):
    assert missing_gpu_notice().endswith(
        "This build supports CPUs only. Install one for CUDA (see "
        "https://pytorch.org/get-started/locally/), then restart the kernel."
    )


def test_torch_built_for_cpus_on_an_old_driver(torch, machine):
    machine.gpu = InstalledGPU("NVIDIA T4", 470)
    assert "(version 470) is too old for CUDA 12" in missing_gpu_notice()
    assert "build supports CPUs only" in missing_gpu_notice()


@pytest.mark.parametrize(
    ("built", "driver", "oldest"), [("13.0", 570, 580), ("12.8", 470, 525), ("11.8", 440, 450)]
)
def test_torch_on_a_driver_too_old_for_its_cuda(torch, machine, built, driver, oldest):
    torch.version.cuda = built
    machine.gpu = InstalledGPU("NVIDIA T4", driver)
    cuda = built.split(".")[0]
    assert f"too old for CUDA {cuda}. Install version {oldest} or newer" in missing_gpu_notice()


def test_torch_whose_cuda_does_not_start(torch):
    torch.version.cuda = "12.8"
    notice = missing_gpu_notice()
    assert "supports CUDA 12.8 but cannot use it. To find the cause, run python -c" in notice


# What pip has installed.


@pytest.fixture
def install(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def install(name, version, *lines):
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        text = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *lines, ""]
        (folder / "METADATA").write_text("\n".join(text))
        importlib.invalidate_caches()

    return install


@pytest.mark.parametrize(
    ("installed", "satisfied"), [({"some-cuda": "12.9"}, True), ({"some-cuda": "13.0"}, False),
                                 ({}, False)]
)  # fmt: skip
def test_an_extra_is_there_when_pip_would_do_nothing(install, installed, satisfied):
    install(
        "some-framework",
        "1.0",
        "Provides-Extra: gpu",
        "Requires-Dist: not-installed-but-not-asked-for; extra == 'docs'",
        "Requires-Dist: neither-is-this",
        "Requires-Dist: other-system; extra == 'gpu' and sys_platform == 'never'",
        "Requires-Dist: some-cuda<13,>=12; extra == 'gpu'",
    )
    for name, version in installed.items():
        install(name, version)
    assert has_extra("some-framework", "gpu") == satisfied
    assert offers_extra("some-framework", "gpu")


def test_extras_that_do_not_exist(install):
    install("some-framework", "1.0", "Requires-Dist: packaging")
    for package in ("some-framework", "no-such-package"):
        assert not has_extra(package, "gpu")
        assert not offers_extra(package, "gpu")
