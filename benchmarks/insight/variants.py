"""Ways to get a confusion matrix and the mistakes of a validation, each on a model of its own."""

from __future__ import annotations

import functools
import importlib.util
import io
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.insight.models import Trial
from kwidgets.insight.keras_internals import tap as taps
from kwidgets.insight.keras_internals.validation_data import read_validation_data
from kwidgets.insight.pass_reader import PassReader
from kwidgets.insight.plans import Plans

OURS = "kwidgets: read from the validation"
Run = Callable[[], None]


def bare(trial: Trial) -> Run:
    """Return what only validates."""
    return _validation(trial, trial.make())


def _validation(trial: Trial, model: Any) -> Run:
    return functools.partial(
        model.evaluate, trial.x, trial.y, batch_size=trial.batch_size, verbose=0
    )


def _ours(trial: Trial) -> Run:
    model = trial.make()
    data = read_validation_data(trial.x, trial.y, trial.batch_size, {})
    plans = Plans(data)
    model.evaluate(trial.x[:1], trial.y[:1], verbose=0)  # builds the model and its loss
    tap = taps.install(model, plans.make, plans.key, trial.batch_size)
    assert isinstance(tap, taps.Tap)
    reader = PassReader(data, "validation", plans, {}, None, {})
    validate = _validation(trial, model)

    def run() -> None:
        reader.begin(tap)
        validate()
        (found,) = reader.finish(tap, 1)
        assert found.confusion is not None and found.mistakes

    return run


def _predict(trial: Trial, model: Any) -> Any:
    return model.predict(trial.x, batch_size=trial.batch_size, verbose=0)


def _matrix(trial: Trial, predictions: Any) -> Any:
    matrix = np.zeros((predictions.shape[1],) * 2, int)
    np.add.at(matrix, (trial.y, predictions.argmax(axis=1)), 1)
    return matrix


def _second_predict(trial: Trial) -> Run:
    model = trial.make()
    validate = _validation(trial, model)

    def run() -> None:
        validate()
        predictions = _predict(trial, model)
        _matrix(trial, predictions)
        losses = -np.log(predictions[np.arange(len(trial.y)), trial.y])
        losses.argsort()[-24:]

    return run


def _wandb(trial: Trial) -> Run:
    """``WandbEvalCallback`` as its documentation has it, with lists in place of W&B's tables."""
    model = trial.make()
    validate = _validation(trial, model)
    data_table = list(enumerate(zip(trial.x, trial.y, strict=True)))

    def run() -> None:
        validate()
        predictions = _predict(trial, model).argmax(axis=-1)
        pred_table: list[tuple[Any, ...]] = []
        for index, (image, label) in data_table:
            pred_table.append((0, index, image, label, predictions[index]))

    return run


def _tensorboard(trial: Trial) -> Run | None:
    """TensorBoard's tutorial "Displaying image data": a picture of the matrix at each epoch."""
    if importlib.util.find_spec("matplotlib") is None or len(np.unique(trial.y)) > 100:
        return None
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import tensorflow as tf

    model = trial.make()
    validate = _validation(trial, model)
    writer = tf.summary.create_file_writer(tempfile.mkdtemp())

    def run() -> None:
        validate()
        matrix = _matrix(trial, _predict(trial, model))
        figure = plt.figure(figsize=(8, 8))
        plt.imshow(matrix, interpolation="nearest", cmap=plt.cm.Blues)
        for (i, j), count in np.ndenumerate(matrix):
            plt.text(j, i, str(count), horizontalalignment="center")
        buffer = io.BytesIO()
        plt.savefig(buffer, format="png")
        plt.close(figure)
        image = tf.expand_dims(tf.image.decode_png(buffer.getvalue(), channels=4), 0)
        with writer.as_default():
            tf.summary.image("Confusion Matrix", image, step=0)

    return run


VARIANTS: dict[str, Callable[[Trial], Run | None]] = {
    OURS: _ours,
    "a second predict": _second_predict,
    "W&B's WandbEvalCallback, as documented": _wandb,
    "TensorBoard's tutorial, a picture of the matrix": _tensorboard,
}
