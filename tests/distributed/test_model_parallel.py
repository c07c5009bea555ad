"""A model that Keras divides among the devices of one process is trained and shown as any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kwidgets.distributed.rank.worker import Worker
from tests.distributed.conftest import START_SECONDS, Start


def make_train(folder: Path, num_parts: int) -> Any:
    """Return a function that trains with each kernel divided into so many parts."""

    def train(worker: Worker) -> None:
        import keras

        if num_parts > 1:
            shape, devices = (1, num_parts), keras.distribution.list_devices()
            mesh = keras.distribution.DeviceMesh(shape, ("batch", "model"), devices)
            layout = keras.distribution.LayoutMap(mesh)
            layout["dense.*/kernel"] = (None, "model")
            parallel = keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
            keras.distribution.set_distribution(parallel)
        generator = np.random.default_rng(0)
        x = generator.normal(size=(80, 6)).astype("float32")
        y = x[:, :2]
        model = keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(2)]
        )
        model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
        model.fit(x, y, batch_size=20, epochs=3, shuffle=False, validation_data=(x, y), verbose=0)
        kernel = model.layers[0].kernel.value
        assert len(kernel.sharding.device_set) == num_parts
        assert kernel.is_fully_replicated == (num_parts == 1)
        weights = [np.asarray(variable.value) for variable in model.trainable_variables]
        np.savez(folder / f"{num_parts}.npz", *weights)

    return train


@pytest.mark.slow("starts two processes that import Keras")
@pytest.mark.timeout(600)
def test_a_divided_model_is_trained_and_shown_as_a_whole_one(
    distribute: Start, tmp_path: Path
) -> None:
    weights, losses = [], []
    for num_parts in (1, 2):
        run = distribute(make_train(tmp_path, num_parts), workers=1, devices=num_parts)
        history = run.wait(START_SECONDS)
        losses.append(history["val_loss"])
        assert run._training.latest.describe_progress()["notices"] == []
        with np.load(tmp_path / f"{num_parts}.npz") as arrays:
            weights.append(np.concatenate([array.ravel() for array in arrays.values()]))
    assert np.allclose(losses[0], losses[1], rtol=1e-5)
    assert np.abs(weights[0] - weights[1]).max() < 1e-6
