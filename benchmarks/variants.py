"""Runs a fit with LivePlot, with nothing and with each peer; imported inside the kernel.

Every variant trains the same compiled model on the same data, so that none pays for tracing.
"""

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import plotly.graph_objects as go

import kwidgets as kw
from kwidgets.live.run.observers import RunObserver
from kwidgets.record.checkpoints import schedule
from kwidgets.record.fit_checkpoints import FitCheckpoints
from kwidgets.record.fit_recorder import FitRecorder
from kwidgets.record.fit_recorder import _StoreToFile as StoreToFile
from kwidgets.record.recording import recording

BATCH_SIZE = 32


def make(steps: int) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """An MLP with a step of about 1 ms on one CPU core, and data for ``steps`` batches."""
    rng = np.random.default_rng(0)
    x = rng.random((steps * BATCH_SIZE, 64), dtype="float32")
    y = rng.integers(0, 10, len(x))
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[: 64 * BATCH_SIZE], y[: 64 * BATCH_SIZE], batch_size=BATCH_SIZE, verbose=0)
    return model, x, y


class FigureWidgetPlot(keras.callbacks.Callback):
    """A callback as users write it: append to a FigureWidget's traces every few batches."""

    def __init__(self, every: int) -> None:
        super().__init__()
        self.every = every
        self.steps: list[int] = []
        self.values: dict[str, list[float]] = {"loss": [], "accuracy": []}

    def on_train_begin(self, logs: Any = None) -> None:
        from IPython.display import display

        self.figure = go.FigureWidget([go.Scatter(name=name) for name in self.values])
        display(self.figure)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch % self.every:
            return
        self.steps.append(batch)
        with self.figure.batch_update():
            for trace, (name, values) in zip(self.figure.data, self.values.items(), strict=True):
                values.append(logs[name])
                trace.x, trace.y = self.steps, values


def bare() -> dict[str, Any]:
    return {"verbose": 0}


def progress_bar() -> dict[str, Any]:
    return {"verbose": 1}


def tensorboard() -> dict[str, Any]:
    folder = tempfile.mkdtemp()
    board = keras.callbacks.TensorBoard(folder, update_freq="batch")
    return {"verbose": 0, "callbacks": [board]}


def figure_widget() -> dict[str, Any]:
    return {"verbose": 0, "callbacks": [FigureWidgetPlot(every=10)]}


def live_plot() -> dict[str, Any]:
    recording.on = False
    return {"verbose": 0, "callbacks": [kw.LivePlot()]}


def recorded() -> dict[str, Any]:
    recording.on = True
    # A fit is recorded without checkpoints where they do not fit the budget.
    schedule.FIRST_AFTER_SECONDS = 1e9  # type: ignore[misc]
    return {"verbose": 0, "callbacks": [kw.LivePlot()]}


def with_checkpoints() -> dict[str, Any]:
    recording.on = True
    # As after the first ten seconds of a long fit.
    schedule.FIRST_AFTER_SECONDS = 0.0  # type: ignore[misc]
    return {"verbose": 0, "callbacks": [kw.LivePlot()]}


def model_checkpoint() -> dict[str, Any]:
    path = os.path.join(tempfile.mkdtemp(), "model.keras")
    # As often as kwidgets at most takes them, by its interval for this fit.
    return {"verbose": 0, "callbacks": [keras.callbacks.ModelCheckpoint(path, save_freq=1_000)]}


class Tracker(keras.callbacks.Callback):
    """Logs each 10th batch, about as often as kwidgets reads the metrics."""

    def __init__(self, log: Callable[[dict[str, float], int], None]) -> None:
        super().__init__()
        self.log = log
        self.step = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.step += 1
        if self.step % 10 == 0:
            self.log({name: float(value) for name, value in logs.items()}, self.step)


def mlflow_tracker() -> dict[str, Any]:
    import mlflow

    mlflow.end_run()
    mlflow.set_tracking_uri(f"sqlite:///{tempfile.mkdtemp()}/mlflow.db")
    mlflow.start_run()
    return {"verbose": 0, "callbacks": [Tracker(lambda v, step: mlflow.log_metrics(v, step))]}


def trackio_tracker() -> dict[str, Any]:
    import trackio

    trackio.init(project="benchmark")
    return {"verbose": 0, "callbacks": [Tracker(lambda v, step: trackio.log(v, step=step))]}


#: By the part of the benchmarks that measures them.
VARIANTS: dict[str, dict[str, Callable[[], dict[str, Any]]]] = {
    "steps": {
        "bare fit(verbose=0)": bare,
        "kwidgets.LivePlot": live_plot,
        "Keras progress bar": progress_bar,
        "TensorBoard, per batch": tensorboard,
        "FigureWidget, every 10th batch": figure_widget,
    },
    "record": {
        "bare fit(verbose=0)": bare,
        "LivePlot, record off": live_plot,
        "LivePlot, recorded": recorded,
        "LivePlot, recorded, checkpoints": with_checkpoints,
        "ModelCheckpoint, every 1,000 steps": model_checkpoint,
        "TensorBoard, per batch": tensorboard,
        "MLflow, every 10th batch": mlflow_tracker,
        "Trackio, every 10th batch": trackio_tracker,
    },
}
# Of the record's observers on the training thread: once a fit, and while it runs.
_own_seconds = {"start": 0.0, "record": 0.0, "checkpoints": 0.0}


def available(part: str) -> list[str]:
    """Return the variants whose library is installed."""
    libraries = {"MLflow, every 10th batch": "mlflow", "Trackio, every 10th batch": "trackio"}
    return [
        name
        for name in VARIANTS[part]
        if name not in libraries or importlib.util.find_spec(libraries[name])
    ]


def run(
    part: str, variant: str, model: keras.Model, x: np.ndarray, y: np.ndarray
) -> dict[str, float]:
    """Return the seconds of one epoch under ``variant``, as ``wall``, and what they were for.

    ``cpu`` is the time of this process. ``start``, ``record`` and ``checkpoints`` are what the
    training thread spends on recording the run, by its own clock.
    """
    arguments = VARIANTS[part][variant]()
    _own_seconds.update(dict.fromkeys(_own_seconds, 0.0))
    started, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y, batch_size=BATCH_SIZE, epochs=1, shuffle=False, **arguments)
    return {
        "wall": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        **_own_seconds,
    }


def _time_methods(cls: type, name: str, methods: Iterable[str]) -> None:
    """Add the time that is spent in methods of a class to ``_own_seconds``."""
    for method in methods:
        original = getattr(cls, method)

        def timed(self: Any, *args: Any, original: Any = original) -> Any:
            started = time.perf_counter()
            try:
                return original(self, *args)
            finally:
                _own_seconds[name] += time.perf_counter() - started

        setattr(cls, method, timed)


_ONCE = {"begin", "finish", "end"}
for _cls, _name in ((FitRecorder, "record"), (FitCheckpoints, "checkpoints")):
    _hooks = {name for name in vars(RunObserver).keys() & vars(_cls) if name[0] != "_"} - {"label"}
    _time_methods(_cls, "start", _hooks & _ONCE)
    _time_methods(_cls, _name, _hooks - _ONCE)
_time_methods(StoreToFile, "record", ["add_batches", "add_epoch", "add_mark"])


def describe() -> str:
    """The machine and versions, for the table's caption."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"Keras {keras.__version__}, {keras.backend.backend()}, {cores} CPU cores"
