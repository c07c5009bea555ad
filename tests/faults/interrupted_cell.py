"""Code of the cells that an interrupt ends at a random moment; runs in a kernel."""

from __future__ import annotations

import gc
import random
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

import kwidgets as kw

X = np.random.default_rng(0).random((64, 4), dtype="float32")
Y = X.sum(axis=1, keepdims=True)
# Longer than any test waits for the interrupt.
CELL_SECONDS = 100


class Cells:
    """The cells, by name, and what they have left. Each would run for ``CELL_SECONDS``."""

    def __init__(self) -> None:
        self.handler = signal.getsignal(signal.SIGINT)
        self.model: keras.Model | None = None
        self.live: Any = None
        self.is_fitting = False
        self.kinds: dict[str, Callable[[], None]] = {
            "new models": self.new_models,
            "a long fit": self.a_long_fit,
            "fits of one model": self.fits_of_one_model,
            "paused": self.paused,
            "a loop": self.a_loop,
        }

    def run(self, seed: int) -> None:
        """Train until an interrupt arrives."""
        self.model = self.live = None
        self.is_fitting = False
        kind = random.Random(seed).choice(list(self.kinds))
        self.kinds[kind]()
        raise TimeoutError(f"no interrupt has ended {kind!r}")

    def new_models(self) -> None:
        for _ in _for(CELL_SECONDS):
            self.model = None
            self.model = make_model()
            self.fit(epochs=3, validation_data=(X, Y))

    def a_long_fit(self) -> None:
        self.model = make_model()
        self.fit(epochs=10**6)

    def fits_of_one_model(self) -> None:
        self.model = make_model()
        for _ in _for(CELL_SECONDS):
            self.fit(epochs=20, validation_split=0.5)

    def paused(self) -> None:
        self.model = make_model()
        pause = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: self.live.pause())
        self.fit(epochs=10**6, callbacks=[pause])

    def a_loop(self) -> None:
        self.model = make_model()
        with kw.LiveLoop(epochs=10**6, steps=8, model=self.model) as self.live:
            self.is_fitting = True
            for _ in self.live.epochs():
                for _ in self.live.steps(range(8)):
                    self.live.log(loss=self.model.train_on_batch(X, Y))

    def fit(self, callbacks: list[Any] | None = None, **arguments: Any) -> None:
        self.live = kw.LivePlot()
        self.is_fitting = True
        assert self.model is not None
        self.model.fit(X, Y, verbose=0, callbacks=[self.live, *(callbacks or [])], **arguments)
        self.is_fitting = False

    def check(self) -> None:
        """Raise if the interrupt has cost more than the cell."""
        assert signal.getsignal(signal.SIGINT) is self.handler, "the handler is not restored"
        if self.live is not None and self.is_fitting:
            # None: it arrived before the first hook or after the last one.
            assert self.live.status in (None, "interrupted", "finished"), self.live.status
        # A second interrupt, delivered late, would end this.
        time.sleep(0.05)
        model = self.model
        if model is not None:
            assert np.isfinite(model.predict(X, verbose=0)).all()
            history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[kw.LivePlot()])
            assert len(history.history["loss"]) == 2
        # Here, not in the next cell: to free an iterator of tf.data takes up to a minute if its
        # tuning thread has missed that it is to end, and no interrupt arrives meanwhile.
        self.model = self.live = model = None
        gc.collect()


def make_model() -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def _for(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


cells = Cells()
