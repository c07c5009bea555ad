"""Recognize a fit that continues an earlier one of the same model, whose curves it extends."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import weakref
from typing import Any

import keras

from kwidgets.live.keras_internals.variable_values import sync_variables
from kwidgets.live.numbers.metric_store import MetricStore

# Enough to distinguish trained weights from weights that were set or loaded in between.
_VARIABLES = 6
_VALUES = 64
# A variable up to this size is read whole: on JAX slicing takes twenty times as long.
_WHOLE = 65_536


@dataclasses.dataclass(frozen=True)
class PreviousFit:
    """The end of the last watched fit of a model."""

    store: MetricStore
    steps: int
    # On the epoch axis: the next fit begins here.
    epoch: int
    first_epoch: int
    seconds: float
    weights: bytes


_last_fits: weakref.WeakKeyDictionary[Any, PreviousFit] = weakref.WeakKeyDictionary()


def remember_end(model: keras.Model, fit: PreviousFit) -> None:
    """Keep the end of a fit of ``model`` for :func:`find_previous_fit`."""
    _last_fits[model] = fit


def find_previous_fit(model: keras.Model) -> PreviousFit | None:
    """Return the last fit of ``model``, if the model still has the weights of its end.

    Weights that were set, loaded or initialized since begin a new curve.
    """
    previous = _last_fits.get(model)
    if previous is None or previous.weights != weights_digest(model):
        return None
    return previous


def weights_digest(model: keras.Model) -> bytes | None:
    """Return a digest of some of the model's weights, first and last layers included.

    None where they have no values, as on JAX after an interrupt in the middle of a step.
    """
    try:
        sync_variables(model)
        return _digest(model)
    except Exception:  # backends raise different errors then
        return None


def _digest(model: keras.Model) -> bytes:
    variables = model.trainable_variables or model.variables
    chosen = [*variables[: _VARIABLES // 2], *variables[_VARIABLES // 2 :][-_VARIABLES // 2 :]]
    digest = hashlib.sha256()
    for variable in chosen:
        part = variable.value
        if math.prod(variable.shape) > _WHOLE:
            part = keras.ops.reshape(part, (-1,))[:_VALUES]
        digest.update(keras.ops.convert_to_numpy(part).ravel()[:_VALUES].tobytes())
    return digest.digest()
