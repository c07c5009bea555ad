"""Read and set the random states of a process that data and callbacks may draw from."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np


def read_random_state() -> dict[str, Any]:
    """Return the states of Python, NumPy, PyTorch and Keras: plain values and arrays.

    It draws nothing, and takes some microseconds.
    """
    version, words, gauss = random.getstate()
    state: dict[str, Any] = {
        "python": (version, np.array(words, np.uint32), gauss),
        "numpy": np.random.get_state(legacy=False),
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        state["torch"] = torch.get_rng_state().numpy().copy()
        if torch.cuda.is_initialized():
            state["torch_cuda"] = [s.numpy().copy() for s in torch.cuda.get_rng_state_all()]
    seeds = _global_seed_generator()
    if seeds is not None:
        import keras

        state["keras"] = np.array(keras.ops.convert_to_numpy(seeds.state.value))
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Set what :func:`read_random_state` has returned, as far as it exists in this process."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(int(word) for word in words), gauss))
    np.random.set_state(state["numpy"])
    torch = sys.modules.get("torch")
    if torch is not None and "torch" in state:
        torch.set_rng_state(torch.from_numpy(np.array(state["torch"])))
        if "torch_cuda" in state and torch.cuda.device_count() == len(state["torch_cuda"]):
            torch.cuda.set_rng_state_all(
                [torch.from_numpy(np.array(s)) for s in state["torch_cuda"]]
            )
    if "keras" in state:
        seeds = _global_seed_generator(make=True)
        if seeds is not None:
            seeds.state.assign(state["keras"])


def _global_seed_generator(make: bool = False) -> Any:
    """Return the seeds of ``keras.random`` functions without a seed, or None.

    Keras makes it at its first use, and has no public name for it. To make it draws from Python's
    random numbers, which only somebody who sets them afterwards may do.
    """
    if "keras" not in sys.modules:  # its import draws
        return None
    try:
        from keras.src.backend.common import global_state
        from keras.src.random import seed_generator

        found = global_state.get_global_attribute("global_seed_generator")
        return seed_generator.global_seed_generator() if found is None and make else found
    except Exception:  # moved in another version, or inside a trace of JAX
        return None
