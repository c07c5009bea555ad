"""A small model that is exported, and its data."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def tiny_model() -> tuple[Any, Any, Any]:
    """Return a compiled classifier of small pictures, and 48 of them with their classes."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1), name="picture"),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ],
        name="tiny",
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    generator = np.random.default_rng(0)
    x = generator.random((48, 6, 6, 1)).astype("float32")
    return model, x, generator.integers(0, 3, 48)
