"""Describe what callbacks did to a fit: a changed learning rate, an early end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import keras

from kwidgets.language import t
from kwidgets.protocol import WireNumber

# After so many changes by an unknown callback, the rate counts as scheduled and gets no more marks.
_MAX_UNKNOWN_CHANGES = 5


class LearningRateChanges:
    """Describes changes of the learning rate of one fit, except regular ones."""

    def __init__(self) -> None:
        self._unknown = 0

    def describe(self, callbacks: Iterable[object], old: float, new: float) -> str | None:
        """Return a text for the mark of a change, or None for a regular one."""
        callbacks = list(callbacks)
        before, after = f"{old:.4g}", f"{new:.4g}"
        for callback in callbacks:
            if isinstance(callback, keras.callbacks.ReduceLROnPlateau):
                name = type(callback).__name__
                return t("%1: learning rate %2 → %3", name, before, after)
        if any(isinstance(c, keras.callbacks.LearningRateScheduler) for c in callbacks):
            return None
        self._unknown += 1
        if self._unknown > _MAX_UNKNOWN_CHANGES:
            return None
        return t("Learning rate %1 → %2", before, after)


def describe_early_end(callbacks: Iterable[object], logs: Mapping[str, float]) -> str:
    """Return a sentence that names the callback which ended the fit before its last epoch."""
    callbacks = list(callbacks)
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.EarlyStopping) and callback.stopped_epoch > 0:
            return _early_stopping(callback)
    loss = logs.get("loss", 0.0)
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.TerminateOnNaN) and not math.isfinite(loss):
            name = type(callback).__name__
            if math.isnan(loss):
                return t("%1 ended the training: the loss became NaN.", name)
            return t("%1 ended the training: the loss became infinite.", name)
    return t("A callback ended the training early.")


def _early_stopping(callback: keras.callbacks.EarlyStopping) -> str:
    best = callback.best_epoch + 1
    waited = max(callback.patience, 1)
    epochs = t("1 epoch") if waited == 1 else t("%1 epochs", waited)
    sentence = t(
        "%1 ended the training: no better %2 for %3 (best in epoch %4).",
        type(callback).__name__,
        callback.monitor,
        epochs,
        best,
    )
    if not callback.restore_best_weights:
        return sentence
    return f"{sentence} {t('Weights of epoch %1 restored.', best)}"


def format_rate(value: WireNumber | None) -> str:
    """Return a learning rate as marks show it."""
    return t("unknown") if value is None else f"{float(value):.4g}"
