"""Trains with and without kwidgets under a fault, and compares; runs in a kernel."""

from __future__ import annotations

import builtins
import contextlib
import gc
import os
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

import kwidgets as kw
from kwidgets.live import auto
from tests.backends import set_random_seed
from tests.faults.fault import SAME_AS_BARE, Fault, draw

X = np.random.default_rng(0).random((64, 4), dtype="float32")
Y = X.sum(axis=1, keepdims=True)
ODD: dict[str, Any] = {
    "nan": float("nan"),
    "inf": -float("inf"),
    "huge": 10**400,
    "text": "0.5",
    "none": None,
    "array": np.ones((2, 2)),
    "object": object(),
    "bytes": b"\xff",
    "complex": 1j,
}
WAIT_SECONDS = 30


class FaultyMetric(keras.metrics.Mean):
    """A mean of the predictions that raises when it is read, if ``fails`` says so."""

    fails = False

    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_pred)

    def result(self):
        if FaultyMetric.fails:
            raise RuntimeError("a metric failed on purpose")
        return super().result()


def make_model() -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(1)]
    )
    model.compile("adam", "mse", metrics=["mae", FaultyMetric(name="faulty")])
    return model


class Batches(keras.utils.PyDataset):
    """The data in batches; the ``nth`` of them raises."""

    def __init__(self, nth: int | None) -> None:
        super().__init__()
        self.nth = nth

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if self.nth is not None and index == self.nth:
            raise RuntimeError("data failed on purpose")
        rows = slice(8 * index, 8 * index + 8)
        return X[rows], Y[rows]


class Acts(keras.callbacks.Callback):
    """Does what the fault says at the ``nth`` call of its hook."""

    def __init__(self, fault: Fault, live: kw.LivePlot | None) -> None:
        super().__init__()
        self.fault, self.live, self.calls = fault, live, 0
        if fault.kind in ("exception", "logs", "stop_training", "interrupt_in_hook"):
            setattr(self, fault.hook, self.act)

    def on_train_begin(self, logs=None):
        if self.fault.kind == "interrupt":
            interrupt_later(self.fault.delay_seconds)

    def on_train_batch_begin(self, batch, logs=None):
        fault = self.fault
        if fault.kind == "metric" and batch == fault.nth:
            FaultyMetric.fails = True
        if fault.kind == "interrupt_while_paused" and batch == fault.nth:
            (self.live or kw.latest()).pause()
            interrupt_later(fault.delay_seconds)

    def act(self, *args, logs=None):
        self.calls += 1
        if self.calls != self.fault.nth:
            return
        kind = self.fault.kind
        if kind == "exception":
            raise getattr(builtins, self.fault.exception)("failed on purpose")
        if kind == "stop_training":
            self.model.stop_training = True
        elif kind == "interrupt_in_hook":
            os.kill(os.getpid(), signal.SIGINT)
        elif kind == "logs" and logs is not None:
            logs["odd"] = ODD[self.fault.odd]


def interrupt_later(seconds: float) -> None:
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()


@contextlib.contextmanager
def poor_machine() -> Iterator[None]:
    """No thread starts, no file can be written, the working directory is gone, HOME is not set."""
    start, limits = threading.Thread.start, resource.getrlimit(resource.RLIMIT_FSIZE)
    before, home = os.getcwd(), os.environ.pop("HOME", None)
    gone = tempfile.mkdtemp()
    os.chdir(gone)
    os.rmdir(gone)

    def cannot_start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    threading.Thread.start = cannot_start  # type: ignore[method-assign]
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        threading.Thread.start = start  # type: ignore[method-assign]
        os.chdir(before)
        if home is not None:
            os.environ["HOME"] = home


class Trainer:
    """Trains one model again and again from the same weights, so that it is traced once."""

    def __init__(self) -> None:
        self.model: keras.Model | None = None
        self.initial: list[np.ndarray] = []

    def prepare(self, new: bool) -> keras.Model:
        set_random_seed(7)
        if new or self.model is None:
            self.model = make_model()
            self.model.optimizer.build(self.model.trainable_variables)
            self.initial = [np.array(variable) for variable in self.variables()]
        for variable, value in zip(self.variables(), self.initial, strict=True):
            variable.assign(value)
        return self.model

    def variables(self) -> list[Any]:
        assert self.model is not None
        return [*self.model.variables, *self.model.optimizer.variables]

    def train(self, fault: Fault, watched: bool) -> dict[str, Any]:
        """Return how a fit ended and what it left."""
        FaultyMetric.fails = False
        model = self.prepare(fault.new_model)
        by_hand = watched and not fault.automatic
        live = kw.LivePlot() if by_hand else None
        acts = Acts(fault, live)
        callbacks: list[Any] = [acts] if live is None else [live, acts]
        if fault.before_live:
            callbacks.reverse()
        auto.watch(watched and fault.automatic)
        raised, losses = "", None
        machine = poor_machine() if fault.kind == "poor_machine" else contextlib.nullcontext()
        try:
            with machine:
                history = model.fit(
                    Batches(fault.nth if fault.kind == "data" else None),
                    epochs=fault.epochs,
                    validation_data=(X, Y) if fault.validation else None,
                    callbacks=callbacks,
                    verbose=fault.verbose if watched and fault.automatic else 0,
                )
            losses = history.history["loss"]
        except BaseException as error:
            raised = type(error).__name__
        finally:
            auto.watch(False)
        FaultyMetric.fails = False
        return {
            "raised": raised,
            "losses": losses,
            "acted": acts.calls >= fault.nth,
            "usable": usable(model),
            "weights": weights(model),
        }


def usable(model: keras.Model) -> bool:
    try:
        return bool(np.isfinite(model.predict(X, verbose=0)).all())
    except Exception:
        return False


def weights(model: keras.Model) -> list[np.ndarray] | None:
    try:
        return [np.array(variable) for variable in model.trainable_variables]
    except Exception:
        return None


def resources() -> list[str]:
    """Return the names of threads and of open files."""
    files = []
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # that of the listing itself is closed
            files.append(f"{descriptor} {os.readlink(f'/proc/self/fd/{descriptor}')}")
    return sorted([*files, *(thread.name for thread in threading.enumerate())])


trainer = Trainer()


def check(seed: int) -> None:
    """Train under the fault of ``seed`` with and without kwidgets; raise where that shows."""
    fault = draw(seed)
    handler = signal.getsignal(signal.SIGINT)
    bare = None
    if fault.kind in SAME_AS_BARE:
        bare = trainer.train(fault, watched=False)
    gc.collect()
    before = resources()
    watched = trainer.train(fault, watched=True)
    assert signal.getsignal(signal.SIGINT) is handler, "the handler of SIGINT is not restored"
    if bare is not None:
        for key in ("raised", "losses", "usable"):
            assert repr(watched[key]) == repr(bare[key]), (key, watched[key], bare[key])
        if bare["weights"] is not None:
            for ours, theirs in zip(watched["weights"], bare["weights"], strict=True):
                np.testing.assert_array_equal(ours, theirs)
    elif fault.kind == "commands":
        assert watched["raised"] == "" and len(watched["losses"]) == fault.epochs
    else:
        interrupted = fault.kind != "interrupt_in_hook" or watched["acted"]
        assert watched["raised"] == ("KeyboardInterrupt" if interrupted else ""), watched["raised"]
        assert watched["usable"], "the model is not usable after an interrupt"
    end = time.monotonic() + WAIT_SECONDS
    pause = 0.01
    while len(resources()) > len(before) and time.monotonic() < end:
        # Longer each time: a collection holds up the threads that are about to end.
        time.sleep(pause)
        pause *= 2
        gc.collect()
    left = sorted(set(resources()) - set(before))
    assert len(resources()) <= len(before), f"threads or files are left: {left}"
