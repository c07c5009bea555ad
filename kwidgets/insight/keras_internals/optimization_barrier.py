"""Keep XLA from fusing what the tap computes with what the model's own metrics are."""

from __future__ import annotations

from typing import Any

import keras


def behind_barrier(values: Any) -> Any:
    """Return ``values``; on JAX, what is computed from them is compiled apart.

    Without it, the last bit of a weighted ``val_loss`` may change.
    """
    if keras.backend.backend() != "jax":
        return values
    import jax

    return jax.lax.optimization_barrier(values)
