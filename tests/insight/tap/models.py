"""Models and data that are fitted with and without a tap, and what a fit leaves behind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import kwidgets as kw

SAMPLES, VALIDATION, CLASSES, BATCH = 200, 77, 3, 16


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(SAMPLES + VALIDATION, 6)).astype("float32")
    return x, (x[:, 0] + 0.3 * random.normal(size=len(x)) > 0).astype("int64") + (x[:, 1] > 1)


def classifier(make: Callable[..., Any] = keras.Sequential, **compile_options: Any) -> Any:
    """Return a model with batch normalization and dropout, always with the same weights."""
    keras.utils.set_random_seed(1)
    if make is keras.Sequential:
        model: Any = keras.Sequential([keras.Input((6,)), *_layers()])
    else:
        inputs = outputs = keras.Input((6,))
        for layer in _layers():
            outputs = layer(outputs)
        model = make(inputs, outputs)
    options = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    model.compile("adam", **(options | compile_options))
    return model


def _layers() -> list[Any]:
    return [
        keras.layers.Dense(8, "relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(CLASSES, "softmax"),
    ]


def two_outputs(**compile_options: Any) -> Any:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(8, "relu")(inputs)
    model = keras.Model(
        inputs,
        {
            "kind": keras.layers.Dense(CLASSES, "softmax", name="kind")(hidden),
            "size": keras.layers.Dense(1, name="size")(hidden),
        },
    )
    losses = {"kind": "sparse_categorical_crossentropy", "size": "mse"}
    model.compile("adam", loss=losses, **compile_options)
    return model


class WithOwnTestStep(keras.Model):
    """Has a test step that uses Keras's methods."""

    if keras.backend.backend() == "jax":

        def test_step(self, state: Any, data: Any) -> Any:
            trainable, non_trainable, metrics = state
            x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
            loss, (_, p, non_trainable, metrics) = self.compute_loss_and_updates(
                trainable, non_trainable, metrics, x, y, weights, training=False
            )
            logs, metrics = self._update_metrics_variables(metrics, loss, x, y, p, weights)
            return logs, (trainable, non_trainable, metrics)

    else:

        def test_step(self, data: Any) -> Any:
            x, y = data[0], data[1]
            p = self(x, training=False)
            loss = self.compute_loss(x=x, y=y, y_pred=p, training=False)
            self._loss_tracker.update_state(loss)
            return self.compute_metrics(x, y, p)


class WithBareTestStep(keras.Model):
    """Has a test step that computes its loss itself."""

    if keras.backend.backend() == "jax":

        def test_step(self, state: Any, data: Any) -> Any:
            trainable, non_trainable, metrics = state
            p, non_trainable = self.stateless_call(
                trainable, non_trainable, data[0], training=False
            )
            loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(data[1], p))
            return {"loss": loss}, (trainable, non_trainable, metrics)

    else:

        def test_step(self, data: Any) -> Any:
            p = self(data[0], training=False)
            loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(data[1], p))
            return {"loss": loss}


@dataclasses.dataclass
class Trained:
    """What a fit leaves: its history, all variables, the model, and its live view."""

    history: dict[str, list[float]]
    variables: list[np.ndarray]
    model: Any
    live: kw.LivePlot | None


def train(make: Callable[[], Any], with_view: bool, **fit_options: Any) -> Trained:
    """Return the result of a fit of four epochs with a validation on the last samples."""
    model = make()
    x, y = data()
    arguments: dict[str, Any] = {
        "x": x[:SAMPLES],
        "y": y[:SAMPLES],
        "validation_data": (x[SAMPLES:], y[SAMPLES:]),
        "batch_size": BATCH,
        "epochs": 4,
    }
    arguments |= fit_options
    live = kw.LivePlot() if with_view else None
    callbacks = [live] if live is not None else []
    history = model.fit(**arguments, callbacks=callbacks, verbose=0).history
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    return Trained(history, [keras.ops.convert_to_numpy(value) for value in variables], model, live)
