"""Describe what callbacks did to a fit: a changed learning rate, an early end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import keras

from kwidgets.language import Message, message
from kwidgets.protocol import WireNumber

# After so many changes by an unknown callback, the rate counts as scheduled and gets no more marks.
_MAX_UNKNOWN_CHANGES = 5


class LearningRateChanges:
    """Describes changes of the learning rate of one fit, except regular ones."""

    def __init__(self) -> None:
        self._unknown = 0

    def describe(self, callbacks: Iterable[object], old: float, new: float) -> Message | None:
        """Return a text for the mark of a change, or None for a regular one."""
        callbacks = list(callbacks)
        before, after = f"{old:.4g}", f"{new:.4g}"
        for callback in callbacks:
            if isinstance(callback, keras.callbacks.ReduceLROnPlateau):
                name = type(callback).__name__
                return message("%1: learning rate %2 → %3", name, before, after)
        if any(isinstance(c, keras.callbacks.LearningRateScheduler) for c in callbacks):
            return None
        self._unknown += 1
        if self._unknown > _MAX_UNKNOWN_CHANGES:
            return None
        return message("Learning rate %1 → %2", before, after)


def describe_early_end(
    callbacks: Iterable[object], logs: Mapping[str, float], epochs_before: int
) -> Message:
    """Return a sentence that names the callback which ended the fit before its last epoch.

    Args:
        callbacks: those of the fit.
        logs: of its last epoch.
        epochs_before: how far the numbers of the view's epochs are ahead of Keras's.
    """
    callbacks = list(callbacks)
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.EarlyStopping) and callback.stopped_epoch > 0:
            return _early_stopping(callback, epochs_before)
    loss = logs.get("loss", 0.0)
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.TerminateOnNaN) and not math.isfinite(loss):
            name = type(callback).__name__
            if math.isnan(loss):
                return message("%1 stopped the training: the loss became NaN.", name)
            return message("%1 stopped the training: the loss became infinite.", name)
    return message("A callback stopped the training early.")


def _early_stopping(callback: keras.callbacks.EarlyStopping, epochs_before: int) -> Message:
    best = str(callback.best_epoch + 1 + epochs_before)
    waited = max(callback.patience, 1)
    epochs = message("1 epoch") if waited == 1 else message("%1 epochs", str(waited))
    sentence = message(
        "%1 stopped the training: no improvement of %2 for %3 (best in epoch %4).",
        type(callback).__name__,
        str(callback.monitor),
        epochs,
        best,
    )
    if not callback.restore_best_weights:
        return sentence
    return message("%1 Weights of epoch %2 restored.", sentence, best)


def format_rate(value: WireNumber | None) -> str | Message:
    """Return a learning rate as marks show it."""
    return message("unknown") if value is None else f"{float(value):.4g}"
