"""Bring the variables of a model up to date within an epoch."""

from __future__ import annotations

from typing import Any


def sync_variables(model: Any) -> None:
    """Give the variables of ``model`` their values. On its training thread only.

    On JAX the trainer has the values within an epoch, and the variables have none. After this it
    reads them from the variables again.
    """
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()
