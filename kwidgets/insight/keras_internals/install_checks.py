"""Say why the predictions of a model cannot be read, before anything is changed."""

from __future__ import annotations

from typing import Any, Final

import keras

from kwidgets.language import Message, message

_OWN: Final = ("evaluate", "make_test_function", "_make_function", "_get_metrics_result_or_logs")
_NEEDED: Final = ("test_step", "make_test_function", "compute_loss", "compute_metrics", "call")


def why_not(model: Any) -> Message | None:
    """Return why the validation of ``model`` cannot be read; None if it can."""
    missing = [name for name in _NEEDED if not callable(getattr(model, name, None))]
    if missing or not hasattr(model, "test_function") or not hasattr(model, "__dict__"):
        return message(
            "This version of Keras has no %1.", missing[0] if missing else "test_function"
        )
    own = next((name for name in _OWN if not _is_keras(getattr(type(model), name, None))), None)
    if own is None:
        own = next((name for name in _OWN if name in model.__dict__), None)
    if own is not None:
        return message("The model has a method %1 of its own.", own)
    if not _is_keras_or_ours(model.test_function):
        return message("The model has a %1 of its own.", "test_function")
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax", "torch"):
        return message("Predictions cannot be read with the backend %1.", backend)
    if backend == "jax" and not callable(getattr(model, "_make_function", None)):
        return message("This version of Keras has no %1.", "_make_function")
    if backend == "jax" and _stops_at_nan():
        return message("JAX stops at each NaN, and those of the targets may be read.")
    if backend == "jax" and _nnx_enabled() and not model.run_eagerly and model.jit_compile:
        return message("The steps are compiled by Flax NNX.")
    if backend == "torch" and _is_compiled_by_torch(model):
        return message("The steps are compiled by torch.compile.")
    return None


def _is_keras(method: Any) -> bool:
    return method is None or str(getattr(method, "__module__", "")).startswith("keras.")


def _is_keras_or_ours(function: Any) -> bool:
    """Return whether Keras or a tap has made a test function; True for None."""
    function = getattr(function, "python_function", function)
    return function is None or str(getattr(function, "__module__", "")).startswith(
        ("keras.", "kwidgets.")
    )


def _stops_at_nan() -> bool:
    import jax

    return bool(jax.config.jax_debug_nans or jax.config.jax_debug_infs)


def _nnx_enabled() -> bool:
    enabled = getattr(keras.config, "is_nnx_enabled", None)
    return bool(enabled and enabled())


def _is_compiled_by_torch(model: Any) -> bool:
    should = getattr(model, "_should_torch_compile", None)
    return bool(should()) if callable(should) else bool(model.jit_compile)
