"""Call the library of the NVIDIA driver (NVML), which may be missing, too old, or fail anytime.

Unlike CUDA it takes no memory of a GPU and starts nothing on it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def start_nvml() -> Any:
    """Return the module ``pynvml``, ready for use.

    Raises:
        Exception: there is no driver, or not a compatible one. An error of pynvml or ctypes.
    """
    import pynvml

    # The driver counts the calls. Never shut down: another user of NVML may still need it.
    pynvml.nvmlInit()
    return pynvml


def try_call(function: Callable[..., Any], *args: Any) -> Any:
    """Return ``function(*args)``, or None if it raises."""
    try:
        return function(*args)
    except Exception:  # beside NVMLError: a symbol that an old driver lacks, a broken library
        return None


def cuda_visible_devices() -> list[str] | None:
    """Return the GPUs that CUDA_VISIBLE_DEVICES names, or None if it is not set.

    CUDA reads the list up to the first invalid entry: -1, "NoDevFiles" or a typo.
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

    Indices are NVML's. CUDA's are the same if all GPUs are alike; otherwise the fastest may come
    first, unless CUDA_DEVICE_ORDER is PCI_BUS_ID.
    """
    count = try_call(nvml.nvmlDeviceGetCount) or 0
    # A GPU that has fallen off the bus keeps its index.
    handles = [try_call(nvml.nvmlDeviceGetHandleByIndex, index) for index in range(count)]
    names = cuda_visible_devices()
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
    """Return a key for the GPU of this name, and its handle or None."""
    if name.startswith("MIG-"):
        return name, try_call(nvml.nvmlDeviceGetHandleByUUID, name)
    if name.isdecimal():
        indices = [int(name)] if int(name) < len(handles) else []
    else:
        uuids = [handle and try_call(nvml.nvmlDeviceGetUUID, handle) for handle in handles]
        indices = [index for index, uuid in enumerate(uuids) if (uuid or "").startswith(name)]
    # CUDA also accepts the beginning of a UUID, if only one GPU matches.
    return (str(indices[0]), handles[indices[0]]) if len(indices) == 1 else ("", None)


def _first_part(nvml: Any, handle: Any) -> Any:
    """Return the GPU itself, or where it is split (MIG) the one part that CUDA would use."""
    mode = try_call(nvml.nvmlDeviceGetMigMode, handle)
    if not mode or mode[0] != nvml.NVML_DEVICE_MIG_ENABLE:
        return handle
    for index in range(try_call(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        part = try_call(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index)
        if part is not None:
            return part
    return handle
