"""Fit on two devices with and without a view, and print whether all is the same.

Run by ``test_devices.py`` in a process of its own: devices are made before the backend begins.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

import keras
import numpy as np

from tests.insight.tap.models import SAMPLES, VALIDATION, classifier, data, train


def scope() -> Any:
    """Return a context in which models are spread over two devices."""
    if keras.backend.backend() == "jax":
        keras.distribution.set_distribution(keras.distribution.DataParallel())
        return contextlib.nullcontext()
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope()


def main() -> None:
    x, y = data()
    with scope():
        # JAX spreads whole batches only.
        count = VALIDATION - VALIDATION % 2
        validation = x[SAMPLES : SAMPLES + count], y[SAMPLES : SAMPLES + count]
        options: dict[str, Any] = {"validation_data": validation, "batch_size": 32}
        first = train(classifier, False, **options)
        second = train(classifier, True, **options)
    assert second.live is not None
    predictions = second.live.predictions
    assert predictions is not None
    assert first.history == second.history
    for value, expected in zip(second.variables, first.variables, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert len(predictions) == 4, predictions
    assert predictions.latest.samples == count, predictions
    for sample in predictions.latest.mistakes[:3]:
        # Samples of replicas come in another order: each has its own inputs.
        assert sample.inputs is not None
        matches = np.flatnonzero((validation[0] == sample.inputs[0]).all(axis=1))
        assert len(matches) == 1 and str(validation[1][matches[0]]) == sample.true
    print("the same on two devices", os.environ["KERAS_BACKEND"])


if __name__ == "__main__":
    main()
