"""Keep the states of the global random generators while something runs between two steps."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def random_states_kept() -> Iterator[None]:
    """Restore the generators of Python, NumPy and PyTorch after this block.

    Layers of the user's own may draw from them, and a DataLoader draws a seed of PyTorch's when it
    is iterated: Keras on PyTorch reads arrays with one, in ``evaluate`` too.
    """
    torch = sys.modules.get("torch")
    if not hasattr(torch, "get_rng_state"):  # not imported, or not to its end
        torch = None
    python, numpy = random.getstate(), np.random.get_state()
    on_cpu = torch.get_rng_state() if torch is not None else None
    cuda = torch.cuda if torch is not None and torch.cuda.is_initialized() else None
    on_gpus = cuda.get_rng_state_all() if cuda is not None else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if torch is not None:
            torch.set_rng_state(on_cpu)
        if cuda is not None:
            cuda.set_rng_state_all(on_gpus)
