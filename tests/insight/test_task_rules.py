"""The task of an output is recognized by its loss, activation, shapes and targets."""

from __future__ import annotations

from typing import Any

import pytest

from kwidgets.insight.task.facts import OutputFacts
from kwidgets.insight.task.rules import recognize

PICTURE = (None, 28, 28, 1)
PHOTO = (None, 64, 64, 3)

# The task; loss, activation; shapes of x, y and p; more facts.
CASES: dict[str, tuple[str, str, str, Any, Any, Any, dict[str, Any]]] = {
    "MNIST, sparse": (
        *("classification", "sparse_categorical_crossentropy", "softmax"),
        *(PICTURE, (None,), (None, 10), {}),
    ),
    "MNIST, one-hot": (
        *("classification", "categorical_crossentropy", "softmax"),
        *(PICTURE, (None, 10), (None, 10), {}),
    ),
    "from logits": (
        *("classification", "SparseCategoricalCrossentropy", "linear"),
        *(PHOTO, (None,), (None, 5), {"from_logits": True}),
    ),
    "focal": (
        *("classification", "CategoricalFocalCrossentropy", "softmax"),
        *(PHOTO, (None, 5), (None, 5), {}),
    ),
    "a table": (
        *("classification", "sparse_categorical_crossentropy", "softmax"),
        *((None, 4), (None, 1), (None, 3), {}),
    ),
    "cats and dogs": (
        *("binary", "binary_crossentropy", "sigmoid"),
        *(PHOTO, (None,), (None, 1), {"y_zero_one": True}),
    ),
    "binary, logits": (
        *("binary", "BinaryCrossentropy", "linear"),
        *((None, 8), (None, 1), (None, 1), {"from_logits": True}),
    ),
    "tags": (
        *("multi_label", "binary_crossentropy", "sigmoid"),
        *((None, 300), (None, 20), (None, 20), {"y_zero_one": True, "y_one_hot": False}),
    ),
    "binary loss over a softmax": (
        *("classification", "binary_crossentropy", "softmax"),
        *((None, 300), (None, 3), (None, 3), {}),
    ),
    "housing": (
        *("regression", "mse", "linear"),
        *((None, 13), (None,), (None, 1), {"y_zero_one": False}),
    ),
    "several columns": (
        *("regression", "huber", "linear"),
        *((None, 13), (None, 3), (None, 3), {}),
    ),
    "one column in, one out": (
        *("regression", "mse", "linear"),
        *((None, 1), (None, 1), (None, 1), {"y_zero_one": False}),
    ),
    "MSE over a softmax": (
        *("classification", "mean_squared_error", "softmax"),
        *((None, 4), (None, 3), (None, 3), {"y_zero_one": True}),
    ),
    "MSE over a sigmoid": (
        *("binary", "mse", "sigmoid"),
        *((None, 4), (None, 1), (None, 1), {"y_zero_one": True}),
    ),
    "autoencoder": (
        *("image_to_image", "mse", "sigmoid"),
        *(PICTURE, PICTURE, PICTURE, {"y_zero_one": False, "y_is_x": True}),
    ),
    "autoencoder with BCE": (
        *("image_to_image", "binary_crossentropy", "sigmoid"),
        *((None, 784), (None, 784), (None, 784), {"y_is_x": True}),
    ),
    "denoising": (
        *("image_to_image", "mae", "linear"),
        *(PHOTO, PHOTO, PHOTO, {"y_zero_one": False}),
    ),
    "super-resolution": (
        *("image_to_image", "mse", "linear"),
        *((None, 32, 32, 3), PHOTO, PHOTO, {"y_zero_one": False}),
    ),
    "segmentation, sparse": (
        *("segmentation", "sparse_categorical_crossentropy", "softmax"),
        *(PHOTO, (None, 64, 64, 1), (None, 64, 64, 3), {}),
    ),
    "segmentation, one mask": (
        *("segmentation", "binary_crossentropy", "sigmoid"),
        *(PHOTO, (None, 64, 64, 1), (None, 64, 64, 1), {"y_zero_one": True}),
    ),
    "segmentation of gray pictures": (
        *("segmentation", "binary_crossentropy", "sigmoid"),
        *(PICTURE, PICTURE, PICTURE, {"y_zero_one": True, "y_dtype": "float32"}),
    ),
    "Dice": (
        *("segmentation", "Dice", "sigmoid"),
        *(PHOTO, (None, 64, 64, 1), (None, 64, 64, 1), {"y_zero_one": True}),
    ),
    "a grid of classes": (
        *("token_classes", "sparse_categorical_crossentropy", "softmax"),
        *(PHOTO, (None, 4, 4), (None, 4, 4, 10), {}),
    ),
    "part-of-speech tags": (
        *("token_classes", "sparse_categorical_crossentropy", "softmax"),
        *((None, 40), (None, 40), (None, 40, 17), {}),
    ),
    "forecast": (
        *("forecast", "mse", "linear"),
        *((None, 96, 1), (None, 24, 1), (None, 24, 1), {"y_zero_one": False}),
    ),
    "a series of the same length": (
        *("forecast", "mae", "linear"),
        *((None, 96, 2), (None, 96, 2), (None, 96, 2), {"y_zero_one": False}),
    ),
    "own loss over a softmax": (
        *("classification", "my_loss", "softmax"),
        *((None, 4), (None, 3), (None, 3), {}),
    ),
    "own loss of class numbers": (
        *("classification", "my_loss", "linear"),
        *((None, 4), (None,), (None, 3), {}),
    ),
    "own loss of numbers": (
        *("regression", "rmse", "linear"),
        *((None, 4), (None, 1), (None, 1), {"y_zero_one": False}),
    ),
    "CTC": (
        *("unknown", "CTC", "softmax"),
        *((None, 100, 40), (None, 20), (None, 100, 30), {}),
    ),
    "no targets": ("unknown", "", "", PICTURE, None, (None, 2), {}),
    "boxes": (
        *("boxes", "my_loss", ""),
        *(PHOTO, (None, 20, 4), (None, 20, 4), {"keys": ("boxes", "labels")}),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_task_is_recognized(name: str) -> None:
    task, loss, activation, x, y, p, more = CASES[name]
    facts = OutputFacts(loss=loss, activation=activation, x_shape=x, y_shape=y, p_shape=p, **more)
    reading = recognize(facts)
    assert reading.task == task
    assert task == "unknown" or task in reading.tasks


def test_a_guess_that_may_be_wrong_says_so() -> None:
    facts = OutputFacts(
        loss="binary_crossentropy",
        activation="sigmoid",
        x_shape=(None, 9),
        y_shape=(None, 3),
        p_shape=(None, 3),
        y_one_hot=True,
    )
    reading = recognize(facts)
    assert reading.task == "multi_label" and "classification" in reading.tasks
    assert reading.note is not None and "classification" in reading.note["key"]
