"""What callbacks did to a fit, found out by looking at them: in words, for marks and the ending."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import keras

from kwidgets.protocol import WireNumber

# So often somebody unknown may change the rate; then it counts as a schedule, and leaves no marks.
_FEW = 5


class RateChanges:
    """Says who changed the learning rate of a fit, but for those who do so all the time."""

    def __init__(self) -> None:
        self._unknown = 0

    def describe(self, callbacks: Iterable[object], old: float, new: float) -> str | None:
        """Return the change in words; None if it is one of many by design."""
        callbacks = list(callbacks)
        change = f"earning rate {old:.4g} → {new:.4g}"
        for callback in callbacks:
            if isinstance(callback, keras.callbacks.ReduceLROnPlateau):
                return f"{type(callback).__name__}: l{change}"
        if any(isinstance(c, keras.callbacks.LearningRateScheduler) for c in callbacks):
            return None
        self._unknown += 1
        return f"L{change}" if self._unknown <= _FEW else None


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
