"""A further fit of the same model goes on with the curves of the one before."""

from __future__ import annotations

import dataclasses
import hashlib
import weakref
from typing import Any

import keras

from kwidgets.live.numbers.metric_store import MetricStore

# Enough to tell weights that went on from weights that were set anew.
_VARIABLES = 6
_VALUES = 64


@dataclasses.dataclass(frozen=True)
class Before:
    """Where the last watched fit of a model ended."""

    store: MetricStore
    steps: int
    # As the epoch axis counts: that of the next fit begins here.
    epoch: int
    first_epoch: int
    seconds: float
    weights: bytes


_last: weakref.WeakKeyDictionary[Any, Before] = weakref.WeakKeyDictionary()


def remember(model: keras.Model, before: Before) -> None:
    """Note where a fit of ``model`` has ended."""
    _last[model] = before


def find_before(model: keras.Model) -> Before | None:
    """Return where the last fit of ``model`` ended, if its weights are still those.

    Weights that were set, loaded or made anew since begin a curve of their own.
    """
    before = _last.get(model)
    if before is None or before.weights != fingerprint(model):
        return None
    return before


def fingerprint(model: keras.Model) -> bytes:
    """Return a digest of some of the model's weights, first and last layers included."""
    variables = model.trainable_variables or model.variables
    chosen = [*variables[: _VARIABLES // 2], *variables[_VARIABLES // 2 :][-_VARIABLES // 2 :]]
    digest = hashlib.sha256()
    for variable in chosen:
        part = keras.ops.reshape(variable.value, (-1,))[:_VALUES]
        digest.update(keras.ops.convert_to_numpy(part).tobytes())
    return digest.digest()
