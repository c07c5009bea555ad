"""Check the installed packages and the drivers they need, and phrase advice on both."""

from __future__ import annotations

import importlib.metadata

from kwidgets.language import t
from kwidgets.live.devices.nvidia_gpu import InstalledGPU

# https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
OLDEST_DRIVER = {11: 450, 12: 525, 13: 580}


def runs_cuda(gpu: InstalledGPU, cuda: int) -> bool:
    """Return whether the GPU's driver is new enough for this CUDA version, or unknown."""
    return gpu.driver is None or gpu.driver >= OLDEST_DRIVER.get(cuda, 0)


def driver_advice(gpu: InstalledGPU, cuda: int) -> str:
    """Return advice for a driver that is too old."""
    return t(
        "The driver (version %1) is too old for CUDA %2. Install version %3 or newer from "
        "https://www.nvidia.com/drivers",
        gpu.driver,
        cuda,
        OLDEST_DRIVER[cuda],
    )


def install_advice(package: str) -> str:
    """Return advice to install ``package``, in pip's notation."""
    return t('pip install "%1", then restart the kernel.', package)


def join_advice(first: str, then: str) -> str:
    """Return two pieces of advice as one sentence."""
    return t("%1, then %2", first, then)


def offers_extra(package: str, extra: str) -> bool:
    """Return whether the installed version of ``package`` has the extra ``package[extra]``."""
    try:
        extras = importlib.metadata.metadata(package).get_all("Provides-Extra") or []
    except importlib.metadata.PackageNotFoundError:
        return False
    return extra in extras


def has_extra(package: str, extra: str) -> bool:
    """Return whether ``package[extra]`` is already installed."""
    from packaging.requirements import Requirement  # comes with Keras

    try:
        wanted = [Requirement(text) for text in importlib.metadata.requires(package) or []]
        needed = [
            one
            for one in wanted
            if one.marker
            and one.marker.evaluate({"extra": extra})
            and not one.marker.evaluate({"extra": ""})
        ]
        return bool(needed) and all(
            one.specifier.contains(importlib.metadata.version(one.name), prereleases=True)
            for one in needed
        )
    except importlib.metadata.PackageNotFoundError:
        return False
