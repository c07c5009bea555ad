"""What pip has installed, and which drivers those packages need."""

from __future__ import annotations

import importlib.metadata

from kwidgets.live.devices.machine import MachineGPU

# https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
OLDEST_DRIVER = {11: 450, 12: 525, 13: 580}
RESTART_KERNEL = "then restart the kernel"


def runs_cuda(gpu: MachineGPU, cuda: int) -> bool:
    """Whether the GPU's driver is new enough for this major version; yes if it is unknown."""
    return gpu.driver is None or gpu.driver >= OLDEST_DRIVER.get(cuda, 0)


def update_driver(gpu: MachineGPU, cuda: int) -> str:
    """Return the advice for a driver that is too old."""
    return (
        f"Its driver (release {gpu.driver}) is too old for CUDA {cuda}: install release "
        f"{OLDEST_DRIVER[cuda]} or newer from https://www.nvidia.com/drivers"
    )


def offers_extra(package: str, extra: str) -> bool:
    """Whether the installed version of ``package`` knows ``package[extra]``."""
    try:
        extras = importlib.metadata.metadata(package).get_all("Provides-Extra") or []
    except importlib.metadata.PackageNotFoundError:
        return False
    return extra in extras


def has_extra(package: str, extra: str) -> bool:
    """Whether ``pip install package[extra]`` would find nothing left to do."""
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
