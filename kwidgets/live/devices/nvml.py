"""The library of the NVIDIA driver (NVML): it may be missing, of another version, or die anytime.

It only looks: unlike CUDA it takes no memory of a GPU and starts nothing on it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def start_nvml() -> Any:
    """Return the module ``pynvml``, ready for use.

    Raises:
        Exception: there is no driver, or it does not fit. Of pynvml's own kinds, or of ctypes.
    """
    import pynvml

    # Counted by the driver. Never shut down again: that could pull it away under another user.
    pynvml.nvmlInit()
    return pynvml


def ask(function: Callable[..., Any], *args: Any) -> Any:
    """Return ``function(*args)``, or None if the driver has no answer."""
    try:
        return function(*args)
    except Exception:  # beside NVMLError: a symbol that an old driver lacks, a broken library
        return None


def named_gpus() -> list[str] | None:
    """Return the GPUs that CUDA_VISIBLE_DEVICES names, or None if it is not set.

    CUDA reads the list up to the first entry that names nothing: -1, "NoDevFiles" or a typo.
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/#cuda-environment-variables
    """
    value = os.environ.get("CUDA_VISIBLE_DEVICES")
    if value is None:
        return None
    names: list[str] = []
    for entry in (part.strip() for part in value.split(",")):
        if not (entry.isdecimal() or entry.startswith(("GPU-", "MIG-"))):
            break
        names.append(entry)
    return names


def visible_gpus(nvml: Any) -> list[Any]:
    """Return the handles of the GPUs that CUDA shows to this process, in its order.

    An index counts as NVML counts. CUDA counts the same where all GPUs are alike; else it may put
    the fastest first, unless CUDA_DEVICE_ORDER is PCI_BUS_ID.
    """
    count = ask(nvml.nvmlDeviceGetCount) or 0
    # A GPU that has fallen off the bus keeps its index.
    handles = [ask(nvml.nvmlDeviceGetHandleByIndex, index) for index in range(count)]
    names = named_gpus()
    if names is None:
        names = [str(index) for index in range(count) if handles[index] is not None]
    found: dict[str, Any] = {}
    for name in names:
        key, handle = _find(nvml, handles, name)
        if handle is None:
            break
        found[key] = handle
    return [_first_part(nvml, handle) for handle in found.values()]


def _find(nvml: Any, handles: list[Any], name: str) -> tuple[str, Any]:
    """Return what identifies the GPU of this name, and its handle or None."""
    if name.startswith("MIG-"):
        return name, ask(nvml.nvmlDeviceGetHandleByUUID, name)
    if name.isdecimal():
        indices = [int(name)] if int(name) < len(handles) else []
    else:
        uuids = [handle and ask(nvml.nvmlDeviceGetUUID, handle) for handle in handles]
        indices = [index for index, uuid in enumerate(uuids) if (uuid or "").startswith(name)]
    # CUDA takes the beginning of a UUID too, as long as it fits one only.
    return (str(indices[0]), handles[indices[0]]) if len(indices) == 1 else ("", None)


def _first_part(nvml: Any, handle: Any) -> Any:
    """Return the GPU itself, or where it is split (MIG) the one part that CUDA would use."""
    mode = ask(nvml.nvmlDeviceGetMigMode, handle)
    if not mode or mode[0] != nvml.NVML_DEVICE_MIG_ENABLE:
        return handle
    for index in range(ask(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        part = ask(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index)
        if part is not None:
            return part
    return handle
