"""What callbacks did to a fit, found out by looking at them: in words, for marks and the ending."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import keras

from kwidgets.protocol import WireNumber


def rate_change(callbacks: Iterable[object], old: float, new: float) -> str | None:
    """Say which callback changed the learning rate; None if it does so each epoch by design."""
    names = [
        type(callback).__name__
        for callback in callbacks
        if isinstance(callback, keras.callbacks.ReduceLROnPlateau)
    ]
    if not names and any(
        isinstance(callback, keras.callbacks.LearningRateScheduler) for callback in callbacks
    ):
        return None
    who = f"{names[0]}: learning" if names else "Learning"
    return f"{who} rate {old:.4g} → {new:.4g}"


def early_end(callbacks: Iterable[object], logs: Mapping[str, float]) -> str:
    """Say which callback ended the fit before its last epoch."""
    callbacks = list(callbacks)
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.EarlyStopping) and callback.stopped_epoch > 0:
            return _early_stopping(callback)
    loss = logs.get("loss", 0.0)
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.TerminateOnNaN) and not math.isfinite(loss):
            what = "NaN" if math.isnan(loss) else "infinite"
            return f"{type(callback).__name__} ended the training: the loss became {what}."
    return "A callback ended the training early."


def _early_stopping(callback: keras.callbacks.EarlyStopping) -> str:
    best = callback.best_epoch + 1
    restored = f" Weights of epoch {best} restored." if callback.restore_best_weights else ""
    waited = max(callback.patience, 1)
    epochs = f"{waited} epoch{'' if waited == 1 else 's'}"
    return (
        f"{type(callback).__name__} ended the training: no better {callback.monitor} for "
        f"{epochs} (best in epoch {best}).{restored}"
    )


def rate_words(value: WireNumber | None) -> str:
    """Return a learning rate as a mark says it."""
    return "unknown" if value is None else f"{float(value):.4g}"
