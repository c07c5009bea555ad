"""What pip has installed, and which drivers those packages need."""

from __future__ import annotations

import importlib.metadata

from kwidgets.language import t
from kwidgets.live.devices.nvidia_gpu import MachineGPU

# https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
OLDEST_DRIVER = {11: 450, 12: 525, 13: 580}


def runs_cuda(gpu: MachineGPU, cuda: int) -> bool:
    """Whether the GPU's driver is new enough for this major version; yes if it is unknown."""
    return gpu.driver is None or gpu.driver >= OLDEST_DRIVER.get(cuda, 0)


def update_driver(gpu: MachineGPU, cuda: int) -> str:
    """Return the advice for a driver that is too old."""
    return t(
        "Its driver (release %1) is too old for CUDA %2: install release %3 or newer from "
        "https://www.nvidia.com/drivers",
        gpu.driver,
        cuda,
        OLDEST_DRIVER[cuda],
    )


def install(package: str) -> str:
    """Return the advice to install ``package``, as pip is given it."""
    return t('pip install "%1", then restart the kernel.', package)


def both(first: str, then: str) -> str:
    """Return two pieces of advice as one sentence."""
    return t("%1, then %2", first, then)


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
