"""Trains on a machine that lacks something, with and without kwidgets; a process of its own.

Run as ``python -m tests.faults.poor_machine KIND`` in the folder of the runs. It prints what came
of the fits as JSON.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

import keras
import numpy as np

import kwidgets as kw
from kwidgets.record.checkpoints import schedule

EPOCHS = 12
X = np.random.default_rng(0).random((64, 16), dtype="float32")
Y = X.sum(axis=1, keepdims=True)


class Lacks(keras.callbacks.Callback):
    """Takes away, in the midst of the fit, what the kind of machine does not have."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    # With it, Keras calls no callback in a thread, which it cannot start under a limit.
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        pass

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        pass

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.kind == "full disk" and epoch == EPOCHS // 3:
            fill(Path("filler"))


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file:
        for size in (65_536, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def make_model() -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((16,)), layers.Dense(64, "relu"), layers.Dropout(0.2), layers.Dense(1)]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def train(kind: str, live: kw.LivePlot | None) -> tuple[list[np.ndarray], Any]:
    """Return the weights and the history of a fit."""
    keras.utils.set_random_seed(7)
    model = make_model()
    history = model.fit(
        X,
        Y,
        batch_size=8,
        epochs=EPOCHS,
        validation_split=0.25,
        verbose=0,
        callbacks=[Lacks(kind if live else ""), *([live] if live else [])],
    )
    return [np.array(variable) for variable in model.variables], history.history


def limit_threads() -> None:
    """Let this user start no further thread."""
    limits = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, limits[1]))
    try:
        threading.Thread(target=print).start()
    except RuntimeError:
        return
    raise AssertionError("threads can be started in spite of the limit")


def main(kind: str) -> None:
    schedule.FIRST_AFTER_SECONDS, schedule.MIN_INTERVAL_SECONDS = 0.0, 0.02  # type: ignore[misc]
    schedule.STALL_FACTOR = schedule.WRITE_FACTOR = 1.0  # type: ignore[misc]
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("kwidgets").addHandler(handler)
    bare, bare_history = train(kind, None)
    if kind == "no threads":
        limit_threads()
    live = kw.LivePlot()
    watched, watched_history = train(kind, live)
    assert live._run is not None
    for thread in threading.enumerate():
        if thread.name.startswith("kwidgets"):
            thread.join(60)  # what writes the run may be about to find the disk full
    print(
        json.dumps(
            {
                "same": all(map(np.array_equal, bare, watched)) and bare_history == watched_history,
                "status": live.status,
                "notices": dict(live._run.state.guard.failures),
                "logged": logged,
                "epochs": len(live.history["loss"]),
                "user": os.getuid(),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
