"""Cuts fits short in a kernel, for tests of code that trains, not of what the training reaches."""

from __future__ import annotations

import functools
import inspect
import math
from typing import Any

import keras

KERAS_FIT = keras.Model.fit
SIGNATURE = inspect.signature(KERAS_FIT)


def cut_fits(most_steps: int, most_epochs: int) -> None:
    """Let every fit from now on be shorter.

    Args:
        most_steps: without those of validations; fewer epochs, or a part of one.
        most_epochs: an epoch of two steps may have a long validation.
    """

    @functools.wraps(KERAS_FIT)
    def fit(*args: Any, **kwargs: Any) -> Any:
        bound = SIGNATURE.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        steps = math.ceil(len(given["x"]) / (given["batch_size"] or 32))
        given["epochs"] = min(given["epochs"], max(1, most_steps // steps), most_epochs)
        if steps > most_steps:
            given["steps_per_epoch"] = most_steps
        return KERAS_FIT(*bound.args, **bound.kwargs)

    keras.Model.fit = fit
