"""Test Ctrl-C during a fit: raised between two steps, with a usable model afterwards."""

import contextlib
import gc
import os
import random
import signal
import sys
import threading
import time
import weakref

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.kernel.interrupt import SafeInterrupt
from kwidgets.live.page.view import LiveView


class InterruptAt(keras.callbacks.Callback):
    def __init__(self, batch):
        super().__init__()
        self.batch, self.batches = batch, 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if self.batches == self.batch:
            os.kill(os.getpid(), signal.SIGINT)


def make_model():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


X, Y = np.ones((64, 4), "float32"), np.ones((64, 1), "float32")


@pytest.mark.parametrize(
    "fits", [6, pytest.param(20, marks=pytest.mark.slow("more of the same times"))]
)
def test_the_model_is_usable_after_an_interrupt_at_any_time(fits):
    before = signal.getsignal(signal.SIGINT)
    times = random.Random(0)
    for _ in range(fits):
        delay = times.uniform(0, 0.8)  # about half of them fall into building and tracing
        live = kw.LivePlot()
        model = make_model()
        timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))

        class Start(keras.callbacks.Callback):
            def on_train_begin(self, logs=None, timer=timer):
                timer.start()

        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, epochs=100_000, callbacks=[live, Start()], verbose=0)
        assert live.status == "interrupted"
        assert signal.getsignal(signal.SIGINT) is before
        assert np.isfinite(model.predict(X, verbose=0)).all()
        model.fit(X, Y, epochs=1, verbose=0)


def test_it_waits_for_the_step_and_then_raises():
    live, interrupt = kw.LivePlot(), InterruptAt(3)
    model = make_model()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=8, epochs=10, callbacks=[live, interrupt], verbose=0)
    assert int(model.optimizer.iterations) == 3


def test_an_interrupt_while_paused_raises():
    live = kw.LivePlot()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))

    class Pause(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 0:
                live.pause()
                timer.start()

    with pytest.raises(KeyboardInterrupt):
        make_model().fit(X, Y, batch_size=8, epochs=3, callbacks=[live, Pause()], verbose=0)
    assert live.status == "interrupted"


def test_a_second_interrupt_passes_through():
    interrupt = SafeInterrupt(lambda: True)
    interrupt.install()
    try:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        interrupt.uninstall()


class Resource:
    """What is cleaned up by a callback, as models are by those of several libraries."""


def test_an_interrupt_that_lands_in_the_callback_of_a_weak_reference_is_delivered_again():
    make_model().fit(X, Y, callbacks=[kw.LivePlot()], verbose=0)
    lost = []

    def clean(reference):
        lost.append(True)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached: the interrupt is raised before")

    def work():
        resource = Resource()
        reference = weakref.ref(resource, clean)
        del resource  # Python drops what the callback raises
        assert lost and reference() is None
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            pass

    with pytest.raises(KeyboardInterrupt):
        work()


def test_an_interrupt_that_lands_in_the_garbage_collector_before_the_first_fit_is_delivered_again(
    monkeypatch,
):
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    kw.LivePlot()
    lost = []

    def collected(phase, _):
        if not lost:
            lost.append(phase)
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("not reached: the interrupt is raised before")

    def work():
        gc.collect()  # Python drops what the callback raises
        assert lost
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            pass

    gc.callbacks.append(collected)
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        gc.callbacks.remove(collected)


def test_an_interrupt_at_the_end_of_a_fit_is_raised_when_its_view_has_ended(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    end = LiveView.end

    def interrupted(view):
        signal.raise_signal(signal.SIGINT)
        end(view)

    monkeypatch.setattr(LiveView, "end", interrupted)
    live = kw.LivePlot()
    with pytest.raises(KeyboardInterrupt):
        make_model().fit(X, Y, epochs=2, callbacks=[live], verbose=0)
    assert (live.status, live._run.view.fit) == ("finished", None)

    def fail(epoch, logs):
        raise RuntimeError("failed on purpose")

    live = kw.LivePlot()
    fails = keras.callbacks.LambdaCallback(on_epoch_end=fail)
    with pytest.raises(KeyboardInterrupt):
        make_model().fit(X, Y, epochs=2, callbacks=[live, fails], verbose=0)
    assert (live.status, live._run.view.fit) == ("failed", None)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_left_behind_by_a_failed_fit_takes_itself_out():
    before = signal.getsignal(signal.SIGINT)
    running = [True]
    interrupt = SafeInterrupt(lambda: running[0])
    interrupt.install()
    running[0] = False
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_fit_after_a_failed_one_can_be_interrupted():
    """The new fit's frame may have the address of the failed one's."""

    class Fail(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("failed on purpose")

    model = make_model()
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(X, Y, callbacks=[kw.LivePlot(), Fail()], verbose=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=2000, callbacks=[InterruptAt(3)], verbose=0)


def test_an_interrupt_before_the_run_handles_it_ends_the_run(monkeypatch):
    def interrupted(interrupt):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(SafeInterrupt, "install", interrupted)
    live = kw.LivePlot()
    with pytest.raises(KeyboardInterrupt):
        make_model().fit(X, Y, callbacks=[live], verbose=0)
    assert live.status == "interrupted"


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_test_batch_end", "on_epoch_end"])
def test_the_handler_is_restored_when_what_ended_the_fit_has_been_caught(hook):
    before = signal.getsignal(signal.SIGINT)

    def leave(*args, **kwargs):
        raise SystemExit

    leaves = keras.callbacks.LambdaCallback()
    setattr(leaves, hook, leave)
    with contextlib.suppress(SystemExit):
        make_model().fit(X, Y, validation_data=(X, Y), callbacks=[kw.LivePlot(), leaves], verbose=0)
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_nothing_is_installed():
    before = signal.getsignal(signal.SIGINT)
    live = kw.LivePlot()
    fit = threading.Thread(target=lambda: make_model().fit(X, Y, callbacks=[live], verbose=0))
    fit.start()
    fit.join(60)
    assert live.status == "finished"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_set_meanwhile_is_left_alone():
    before = signal.getsignal(signal.SIGINT)
    interrupt = SafeInterrupt(lambda: True)
    interrupt.install()

    def other(signum, frame):
        pass

    signal.signal(signal.SIGINT, other)
    interrupt.uninstall()
    assert signal.getsignal(signal.SIGINT) is other
    signal.signal(signal.SIGINT, before)
