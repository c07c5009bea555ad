"""The models that are validated, each with its data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

BATCHES = 100


@dataclasses.dataclass(frozen=True)
class Trial:
    """A compiled model and its validation data; ``make`` makes another one like it."""

    make: Callable[[], Any]
    x: Any
    y: Any
    batch_size: int

    @property
    def batches(self) -> int:
        return len(self.x) // self.batch_size


def _trial(
    layers: Callable[[], list[Any]], shape: tuple[int, ...], classes: int, batch_size: int
) -> Trial:
    random = np.random.default_rng(0)
    x = random.random((BATCHES * batch_size, *shape), dtype="float32")

    def make() -> Any:
        output = keras.layers.Dense(classes, "softmax")
        model = keras.Sequential([keras.Input(shape), *layers(), output])
        model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return Trial(make, x, random.integers(0, classes, len(x)), batch_size)


def _dense() -> list[Any]:
    return [keras.layers.Dense(128, "relu"), keras.layers.Dense(128, "relu")]


def _convolutions() -> list[Any]:
    return [
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(64, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
    ]


MODELS: dict[str, Callable[[], Trial]] = {
    "MLP, 32, 10 classes": lambda: _trial(_dense, (64,), 10, 32),
    "MLP, 256, 10": lambda: _trial(_dense, (64,), 10, 256),
    "MLP, 32, 1000": lambda: _trial(_dense, (64,), 1000, 32),
    "CNN 28×28, 32, 10": lambda: _trial(_convolutions, (28, 28, 1), 10, 32),
}
