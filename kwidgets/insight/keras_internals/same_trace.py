"""Know whether values can be used where a step of JAX is traced."""

from __future__ import annotations

from typing import Any

import keras


def same_trace(values: Any, arguments: Any) -> bool:
    """Return whether ``values`` are not of a trace within that of the ``arguments``.

    What is computed within ``jax.jit``, ``grad`` or ``vmap`` cannot be used outside, and JAX says
    so only when the whole step has been traced. True on other backends.
    """
    if keras.backend.backend() != "jax":
        return True
    import jax

    def traces(tree: Any) -> set[int]:
        leaves = (each for each in keras.tree.flatten(tree) if isinstance(each, jax.core.Tracer))
        return {id(getattr(leaf, "_trace", leaf)) for leaf in leaves}

    return traces(values) <= traces(arguments)
