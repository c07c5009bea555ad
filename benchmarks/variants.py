"""Runs a fit with LivePlot, with nothing and with each peer; imported inside the kernel.

Every variant trains the same compiled model on the same data, so that none pays for tracing.
"""

import os
import tempfile
import time
from typing import Any

import keras
import numpy as np
import plotly.graph_objects as go

import kwidgets as kw

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
    return {"verbose": 0, "callbacks": [kw.LivePlot()]}


VARIANTS = {
    "bare fit(verbose=0)": bare,
    "kwidgets.LivePlot": live_plot,
    "Keras progress bar": progress_bar,
    "TensorBoard, per batch": tensorboard,
    "FigureWidget, every 10th batch": figure_widget,
}


def run(variant: str, model: keras.Model, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the seconds of one epoch under ``variant``, and the CPU's seconds in this process."""
    arguments = VARIANTS[variant]()
    started, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y, batch_size=BATCH_SIZE, epochs=1, shuffle=False, **arguments)
    return time.perf_counter() - started, time.process_time() - cpu


def describe() -> str:
    """The machine and versions, for the table's caption."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"Keras {keras.__version__}, {keras.backend.backend()}, {cores} CPU cores"
