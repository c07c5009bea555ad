"""Data and weights that two processes make alike, so that none has to be sent.

Nothing here knows kwidgets: the process that runs the written programs imports it too.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

_WORDS = ["the cat sat", "on a mat", "dog", "a dog and a cat", "", "unknown words here"]


def make_input(shape: tuple[int | None, ...], dtype: str, seed: int) -> Any:
    """Return a batch for an input layer; ``shape`` is with the batch."""
    rng = np.random.default_rng(seed)
    sizes = [2 if shape[0] is None else shape[0], *(4 if s is None else s for s in shape[1:])]
    if dtype == "string":
        import tensorflow as tf

        return tf.constant(rng.choice(_WORDS, sizes).tolist())
    if dtype == "bool":
        return rng.integers(0, 2, sizes).astype(bool)
    if "int" in dtype:
        return rng.integers(0, 5, sizes).astype(dtype)
    return rng.uniform(0, 1, sizes).astype(dtype if dtype != "bfloat16" else "float32")


def set_weights(model: Any, seed: int) -> None:
    """Give the model weights that depend only on their places and shapes."""
    for number, weight in enumerate(model.weights):
        if "float" not in str(weight.dtype):
            continue
        rng = np.random.default_rng([seed, number])
        values = rng.normal(0, 0.2, tuple(weight.shape))
        if "variance" in weight.path:
            values = np.abs(values) + 0.5
        weight.assign(values.astype("float32"))


def run(model: Any, seed: int) -> list[Any] | None:
    """Return the outputs for seeded weights and data, or None where the model takes none."""
    if not model.built or not model.inputs:
        return None
    import keras

    set_weights(model, seed)
    tensor = model.inputs[0]
    if getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False):
        return None
    output = model(make_input(tuple(tensor.shape), tensor.dtype, seed), training=False)
    if hasattr(output, "numpy") and "string" in str(getattr(output, "dtype", "")):
        return [str(item) for item in output.numpy().ravel().tolist()]
    if getattr(output, "sparse", False) or type(output).__name__ == "SparseTensor":
        import tensorflow as tf

        output = tf.sparse.to_dense(output)
    array = np.asarray(keras.ops.convert_to_numpy(output)).astype("float64").ravel()
    return [list(np.shape(output)), *np.round(array[:200], 4).tolist()]


def close(one: Any, other: Any) -> bool:
    """Whether two outputs of :func:`run` are the same but for rounding."""
    if one is None or other is None:
        return one is other
    if len(one) != len(other) or one[0] != other[0]:
        return False
    if one and isinstance(one[0], str):
        return bool(one == other)
    return bool(np.allclose(one[1:], other[1:], rtol=1e-3, atol=2e-4, equal_nan=True))


def seed_of(name: str) -> int:
    return zlib.crc32(name.encode())
