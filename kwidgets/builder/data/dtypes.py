"""Names of the dtypes of NumPy, pandas, TensorFlow, PyTorch and JAX."""

from __future__ import annotations

from typing import Any

import numpy as np


def dtype_name(dtype: Any) -> str:
    """Return "float32" for the float32 of any library."""
    if isinstance(dtype, np.dtype) and dtype.kind in "SU":
        return "str" if dtype.kind == "U" else "bytes"
    name = getattr(dtype, "name", None)
    return name if isinstance(name, str) else str(dtype).removeprefix("torch.")


def common_dtype(frame: Any) -> str:
    """Return the common dtype of a table's columns; "object" if some are not numbers."""
    dtypes = set(frame.dtypes)
    if len(dtypes) == 1:
        return dtype_name(dtypes.pop())
    if not all(isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in dtypes):
        return "object"
    return str(np.result_type(*dtypes))
