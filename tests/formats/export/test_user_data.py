"""Which data a model is compared on, when the user does not say."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kwidgets.formats.export.prepared import Signature, TensorSpec
from kwidgets.formats.export.user_data import Found, find, take_pair
from kwidgets.formats.page.data_choices import data_choices

PICTURES = Signature((TensorSpec("x", (None, 6, 6, 1), "float32"),), ())


def test_held_out_data_come_first_with_their_targets():
    namespace = {
        "x_train": np.zeros((9, 6, 6, 1)),
        "y_train": np.zeros(9),
        "x_test": np.zeros((5, 6, 6, 1)),
        "y_test": np.zeros(5),
        "other": np.zeros((5, 4)),
    }
    assert find(namespace, PICTURES) == Found("x_test", "y_test")
    del namespace["y_test"]
    assert find(namespace, PICTURES) == Found("x_train", "y_train")
    del namespace["y_train"]
    assert find(namespace, PICTURES) == Found("x_test", None)
    assert find({"other": np.zeros((5, 4))}, PICTURES) is None


def test_several_inputs_are_not_guessed():
    two = Signature(
        (TensorSpec("a", (None, 2), "float32"), TensorSpec("b", (None, 2), "float32")), (), "list"
    )
    assert find({"x_test": np.zeros((5, 2))}, two) is None


def test_batches_give_inputs_and_targets_of_the_first_rows():
    batches = [(np.full((4, 6, 6, 1), i), np.full(4, i)) for i in range(5)]
    inputs, targets = take_pair(iter(batches), None, PICTURES, 10)
    assert inputs["x"].shape == (10, 6, 6, 1) or inputs["x"].shape == (12, 6, 6, 1)
    assert len(targets) == len(inputs["x"])
    assert inputs["x"].dtype == np.float32


def test_arrays_are_cut_to_the_rows_that_are_compared():
    x = np.zeros((300, 6, 6, 1))
    inputs, targets = take_pair(x, np.arange(300), PICTURES, 128)
    assert len(inputs["x"]) == len(targets) == 128


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("xv", "yv"),
        ("Xtest", "ytest"),
        ("val_features", "val_labels"),
        ("test_data", "test_target"),
    ],
)
def test_held_out_data_are_found_before_those_for_training(x, y):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    train = {"x_train": np.zeros((9, 4)), "y_train": np.zeros((9, 2))}
    held_out = {x: np.zeros((5, 4)), y: np.zeros((5, 2))}
    choices = data_choices(model, {**train, **held_out})
    assert (choices.samples, choices.validation) == (x, [x, y])


def test_dictionaries_and_lists_can_be_chosen_for_several_inputs_and_outputs():
    age, photo = keras.Input((1,), name="age"), keras.Input((4, 4, 1), name="photo")
    joined = keras.layers.Concatenate()([age, keras.layers.Flatten()(photo)])
    kind = keras.layers.Dense(3, name="kind")(joined)
    model = keras.Model([age, photo], [kind, keras.layers.Dense(1, name="price")(joined)])
    ages, photos = np.zeros(9), np.zeros((9, 4, 4, 1))
    choices = data_choices(
        model,
        {
            "train": [ages, photos],
            "x_test": {"photo": photos, "age": ages},
            "y_test": {"kind": ages, "price": ages},
            "other": [photos, ages],
            "short": {"age": ages[:2], "photo": photos},
            "words": ["a", "b"],
        },
    )
    inputs = [each["name"] for each in choices.data if each["fits_inputs"]]
    assert inputs == ["x_test", "train"]
    assert choices.samples == "x_test"
    targets = [each["name"] for each in choices.data if each["fits_targets"]]
    assert "y_test" in targets and "short" not in targets
    (shape,) = {each["shape"] for each in choices.data if each["name"] == "x_test"}
    assert shape == "photo (9, 4, 4, 1), age (9)"
