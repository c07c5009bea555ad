"""The last finite weights are kept while a NaN is not seen yet."""

from __future__ import annotations

import keras
import numpy as np

from kwidgets.insight.keras_internals.good_weights import GoodWeights


def test_a_finite_copy_stays_until_a_later_one_is_finite() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    good = GoodWeights()
    for step in (1, 2):
        good.take(model, step)
    model.layers[0].kernel.assign(np.full((2, 1), np.nan, "float32"))
    # The loss of these steps is read later.
    for step in (3, 4, 5):
        good.take(model, step)
    latest = good.last()
    assert latest is not None and latest.step == 2
