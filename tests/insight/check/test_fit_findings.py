"""Looking at the data and the program of a running fit changes nothing in it."""

from __future__ import annotations

import threading

import keras
import numpy as np
from keras import layers

from kwidgets.insight.check.fit_findings import findings_of_fit
from kwidgets.insight.check.program import describe_program

RANDOM = np.random.default_rng(0)
x = RANDOM.normal(size=(256, 12)).astype("float32")
y = RANDOM.integers(0, 3, 256)


class Looker(keras.callbacks.Callback):
    """Does what the Data tab does: reads the model before the first step, the rest in a thread."""

    def __init__(self, arguments: dict) -> None:
        super().__init__()
        self.arguments = arguments
        self.part: dict | None = None
        self.errors: list[BaseException] = []

    def on_train_begin(self, logs=None):
        program = describe_program(self.model, self.arguments)

        def look() -> None:
            try:
                self.part = findings_of_fit(program, **self.arguments)
            except BaseException as error:
                self.errors.append(error)

        self.thread = threading.Thread(target=look)
        self.thread.start()

    def on_train_end(self, logs=None):
        self.thread.join()


def train(callbacks: list, **arguments: object) -> tuple[list, dict, str]:
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((12,)),
            layers.Dense(16, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dropout(0.3),
            layers.Dense(3),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = model.fit(**arguments, epochs=3, callbacks=callbacks, verbose=0)
    weights = [np.array(value) for value in model.get_weights()]
    # A layer made afterwards has the name and the seed that it would have.
    return weights, history.history, str(keras.random.uniform((2,)))


def test_the_same_weights_and_history_with_and_without():
    arguments = {"x": x, "y": y, "batch_size": 32, "validation_split": 0.25}
    looker = Looker(arguments)
    with_it, without = train([looker], **arguments), train([], **arguments)
    assert looker.errors == []
    assert looker.part is not None
    assert looker.part["state"] == "ready"
    assert [each["level"] for each in looker.part["findings"]] == []
    assert len(looker.part["samples"]) == 12
    assert all((one == other).all() for one, other in zip(with_it[0], without[0], strict=True))
    assert with_it[1:] == without[1:]
