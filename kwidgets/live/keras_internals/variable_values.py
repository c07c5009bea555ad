"""Bring the variables of a model up to date within an epoch."""

from __future__ import annotations

from typing import Any


def local_value(value: Any) -> Any:
    """Return a value that may be read without the other processes of a training.

    On JAX with several processes, any operation on an array of all of them has to run on all.
    """
    if getattr(value, "is_fully_addressable", True) or not value.is_fully_replicated:
        return value
    return value.addressable_data(0)


def sync_variables(model: Any) -> None:
    """Give the variables of ``model`` their values. On its training thread only.

    On JAX the trainer has the values within an epoch, and the variables have none. After this it
    reads them from the variables again.
    """
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()
