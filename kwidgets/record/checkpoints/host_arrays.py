"""Read the values of variables into arrays of the host, without a copy where that is possible."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

#: The types of PyTorch that NumPy does not have, by the type of the same size that it has.
_TORCH_TYPES = {
    "torch.bfloat16": ("int16", ml_dtypes.bfloat16),
    "torch.float8_e4m3fn": ("uint8", ml_dtypes.float8_e4m3fn),
    "torch.float8_e5m2": ("uint8", ml_dtypes.float8_e5m2),
}


def start_transfer(value: Any) -> None:
    """Begin to copy a value from its device to the host, where the backend can do that beside."""
    begin = getattr(value, "copy_to_host_async", None)
    if begin is not None:
        begin()


def host_array(value: Any) -> np.ndarray:
    """Return the value of a variable as an array, which may share its memory: copy it at once."""
    if hasattr(value, "read_value"):  # a variable of TensorFlow
        value = value.read_value()
    if hasattr(value, "detach"):
        return _from_torch(value)
    try:
        return np.asarray(memoryview(value))  # a tensor of TensorFlow, without a copy
    except (TypeError, ValueError, BufferError):
        pass
    if hasattr(value, "numpy"):
        return np.asarray(value.numpy())
    return np.asarray(value)


def _from_torch(tensor: Any) -> np.ndarray:
    tensor = tensor.detach()
    if str(tensor.dtype) not in _TORCH_TYPES:
        return np.asarray(tensor.cpu().numpy())
    import torch

    same_size, dtype = _TORCH_TYPES[str(tensor.dtype)]
    return np.asarray(tensor.view(getattr(torch, same_size)).cpu().numpy()).view(dtype)
