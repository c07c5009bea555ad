"""A short training that is recorded, killed and resumed, in processes of its own.

``python -m tests.record.resume.training_program FOLDER CASE=MODE …`` prints a digest of the model
and the optimizer at the end of each training. Modes: ``whole`` trains without a recorder,
``record`` takes checkpoints and goes on to the end, ``resume:NAME`` goes on from one of them, and
takes checkpoints called ``again-…``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from kwidgets.live.keras_internals import learning_rate
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.folder import temporary_folder, write_folder
from kwidgets.record.checkpoints.read_checkpoint import describe_state
from kwidgets.record.checkpoints.training_state import read_state
from kwidgets.record.resume.plan import ResumePlan
from kwidgets.record.resume.resumed_fit import ResumedFit
from tests.backends import set_random_seed

EPOCHS = 5
SAMPLES, BATCH = 332, 16
STEPS = 21


def places(case: str) -> list[tuple[int, int]]:
    """Return the (epoch, batch) of the checkpoints."""
    if case.startswith("few_steps"):
        # Keras ends every second epoch where the data end.
        return [(1, 4), (2, 0), (3, 5)]
    return [(1, 8), (2, 0), (3, 12)]


def arrays():
    rng = np.random.RandomState(0)
    x = rng.normal(size=(SAMPLES, 12)).astype("float32")
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype("int32")
    return x, y


class Stateless(keras.utils.PyDataset):
    """Batches that depend on their number only."""

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        x, y = arrays()
        part = slice(index * BATCH, (index + 1) * BATCH)
        return x[part], y[part]


class DrawsFromNumpy(Stateless):
    """Batches with noise from the global random state."""

    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return x + np.random.normal(size=x.shape).astype("float32"), y


class OwnOrder(Stateless):
    """Shuffles its own indices after each epoch."""

    def __init__(self):
        super().__init__()
        self.rng = np.random.RandomState(5)
        self.order = np.arange(STEPS)

    def __getitem__(self, index):
        return super().__getitem__(self.order[index])

    def on_epoch_end(self):
        self.rng.shuffle(self.order)


def generator():
    rng = np.random.RandomState(3)
    x, y = arrays()
    while True:
        chosen = rng.randint(0, SAMPLES, BATCH)
        yield x[chosen], y[chosen]


def numpy_generator():
    x, y = arrays()
    while True:
        chosen = np.random.randint(0, SAMPLES, BATCH)
        yield x[chosen], y[chosen]


def dataset():
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(arrays())


def random_noise(x, y):
    import tensorflow as tf

    return x + tf.random.normal(tf.shape(x)), y


def stateless_noise():
    import tensorflow as tf

    seeds = tf.data.Dataset.random(seed=11).batch(2)
    return tf.data.Dataset.zip(dataset().batch(BATCH), seeds).map(
        lambda batch, seed: (
            batch[0] + tf.random.stateless_normal(tf.shape(batch[0]), seed),
            batch[1],
        )
    )


def data(case: str) -> dict:
    """Return the arguments of ``fit`` for a kind of data."""
    x, y = arrays()
    kind = case.split("+")[0]
    if kind == "arrays":
        return {"x": x, "y": y, "batch_size": BATCH}
    if kind == "ordered":
        return {"x": x, "y": y, "batch_size": BATCH, "shuffle": False}
    if kind == "batchwise":
        return {"x": x, "y": y, "batch_size": BATCH, "shuffle": "batch"}
    if kind == "weighted":
        weights = np.linspace(0.5, 2, SAMPLES).astype("float32")
        return {"x": x, "y": y, "batch_size": BATCH, "sample_weight": weights}
    if kind == "classes":
        return {"x": x, "y": y, "batch_size": BATCH, "class_weight": {0: 0.5, 1: 2.0}}
    if kind == "few_steps":
        return {"x": x, "y": y, "batch_size": BATCH, "steps_per_epoch": 13}
    if kind == "tfdata":
        return {"x": dataset().batch(BATCH)}
    if kind == "tfdata_shuffle":
        return {"x": dataset().shuffle(100, seed=4).batch(BATCH)}
    if kind == "tfdata_unseeded":
        return {"x": dataset().shuffle(100).batch(BATCH)}
    if kind == "tfdata_repeat":
        return {"x": dataset().shuffle(100, seed=4).repeat().batch(BATCH), "steps_per_epoch": STEPS}
    if kind == "tfdata_random_op":
        return {"x": dataset().batch(BATCH).map(random_noise)}
    if kind == "tfdata_stateless":
        return {"x": stateless_noise()}
    if kind == "tfdata_unknown":
        return {"x": dataset().batch(BATCH).filter(lambda x, y: True)}
    if kind == "pydataset":
        return {"x": Stateless()}
    if kind == "pydataset_numpy":
        return {"x": DrawsFromNumpy()}
    if kind == "pydataset_own_order":
        return {"x": OwnOrder()}
    if kind == "generator":
        return {"x": generator(), "steps_per_epoch": STEPS}
    if kind == "generator_numpy":
        return {"x": numpy_generator(), "steps_per_epoch": STEPS}
    raise ValueError(kind)


def model(case: str):
    """Return a compiled model with all that has a state of its own."""
    options = set(case.split("+")[1:])
    if "small" in options:
        return small_model()
    layers = [
        keras.layers.GaussianNoise(0.1),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(2),
    ]
    if "unbuilt" not in options:
        layers.insert(0, keras.Input((12,)))
    made = keras.Sequential(layers)
    rate = 0.01
    if "schedule" in options:
        rate = keras.optimizers.schedules.CosineDecay(0.01, 200)
    optimizer = keras.optimizers.Adam(rate)
    if "lso" in options:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0**10)
    made.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=2 if "spe2" in options else 1,
        run_eagerly="eager" in options,
        jit_compile="jit" in options or "auto",
    )
    return made


def small_model():
    """Return a model that is traced and compiled in a fraction of the time."""
    made = keras.Sequential([keras.Input((12,)), keras.layers.Dropout(0.3), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss)
    return made


class Recorder(keras.callbacks.Callback):
    """Takes checkpoints, or goes on from one, as the integrator does."""

    def __init__(self, mode: str, folder: Path, places) -> None:
        super().__init__()
        self.mode, self.folder, self.places = mode, folder, places
        self.resumed = None

    def on_train_begin(self, logs=None):
        self.data = FitData.find()
        self.data.watch()
        self.callbacks = find_callbacks()
        if self.mode.startswith("resume:"):
            plan = ResumePlan.read(self.folder / self.mode.partition(":")[2])
            self.resumed = ResumedFit(plan)
            if not self.resumed.begin(self._model, self.data, self.callbacks):
                print("PROBLEM", self.resumed.problem, file=sys.stderr)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        if self.resumed:
            self.resumed.begin_epoch(epoch)

    def on_train_batch_begin(self, batch, logs=None):
        if self.resumed:
            self.resumed.before_step(self.epoch, batch)
        if (self.epoch, batch) in self.places:
            again = "again-" if self.resumed else ""
            self.take(f"{again}{self.epoch}-{batch}", self.epoch, batch)

    def on_train_end(self, logs=None):
        if self.resumed:
            self.resumed.end()
        elif self.mode == "record":
            self.take("end", self.epoch + 1, 0, ended=True)

    def take(self, name: str, epoch: int, batch: int, ended: bool = False) -> None:
        temporary = temporary_folder(self.folder)
        state = read_state(
            self._model,
            epoch,
            batch,
            data=self.data,
            callbacks=self.callbacks,
            folder=temporary,
            ended=ended,
        )
        write_folder(temporary, name, state.arrays, describe_state(state))


class Hold(keras.callbacks.Callback):
    """Overrides the schedule in the middle of an epoch, as a user does in the live view."""

    def on_train_begin(self, logs=None):
        learning_rate.prepare(self.model)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == (1, 4):
            learning_rate.set_learning_rate(self.model, 0.003)

    def on_train_end(self, logs=None):
        learning_rate.restore(self.model)


def find_callbacks():
    from kwidgets.live.keras_internals.fit_frame import FitFrame

    return FitFrame().callbacks()


def digest(trained) -> str:
    found = hashlib.sha256()
    for variable in [*trained.variables, *trained.optimizer.variables]:
        found.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable.value)).tobytes())
    return found.hexdigest()[:16]


def rate_callbacks(options: set[str]) -> list:
    if "hold" in options:
        return [Hold()]
    if "schedule" in options:
        return []
    if "scheduler" in options:
        return [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.8)]
    return [keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=1, min_delta=0.005)]


def run(case: str, mode: str, folder: Path) -> dict:
    """Train, and return what came out."""
    folder.mkdir(parents=True, exist_ok=True)
    options = set(case.split("+")[1:])
    if case.startswith("tfdata"):
        import tensorflow  # noqa: F401, whose seed is set, too
    set_random_seed(7)
    if mode.startswith("resume") and "seed999" in options:
        set_random_seed(999)
    trained = model(case)
    validation = tuple(part[:64] for part in arrays())
    recorder = Recorder(mode, folder, places(case))
    history = trained.fit(
        **data(case),
        epochs=EPOCHS,
        verbose=0,
        validation_data=validation,
        callbacks=[
            keras.callbacks.EarlyStopping(
                monitor="val_loss",
                patience=EPOCHS if "small" in options else 2,
                restore_best_weights=True,
                min_delta=0.001,
            ),
            *rate_callbacks(options),
            *([] if mode == "whole" else [recorder]),
        ],
    )
    return {
        "digest": digest(trained),
        "history": {k: [float(x) for x in v] for k, v in history.history.items()},
        "epochs": history.epoch,
        "resumed": bool(recorder.resumed and recorder.resumed.resumed),
    }


if __name__ == "__main__":
    # One process may run several: CASE MODE pairs, a folder for each case.
    root = Path(sys.argv[1])
    for job in sys.argv[2:]:
        case, mode = job.split("=", 1)
        try:
            result = run(case, mode, root / case)
        except Exception as error:
            import traceback

            traceback.print_exc()
            result = {"error": f"{type(error).__name__}: {error}"}
        print("RESULT", json.dumps({"case": case, "mode": mode, **result}), flush=True)
