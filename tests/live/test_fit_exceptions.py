"""An exception that ends a fit is known at once, wherever it goes."""

import asyncio
import contextlib
import io
import threading

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.live.keras_internals import fit_exceptions
from kwidgets.live.terminal_live_plot import TerminalLivePlot


def failing_fit(live):
    def batches():
        for _ in range(3):
            yield np.ones((4, 2)), np.ones((4, 1))
        raise ValueError("broken data")

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.run_eagerly = True
    model.fit(batches(), epochs=2, steps_per_epoch=10, callbacks=[live], verbose=0)


def in_try(live):
    try:
        failing_fit(live)
    except Exception:
        return live.status, live._run.detail


def in_thread(live):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(in_try(live)))
    thread.start()
    thread.join()
    return seen[0]


def in_task(live):
    async def train():
        return in_try(live)

    return asyncio.run(train())


@pytest.mark.parametrize("where", [in_try, in_thread, in_task], ids=lambda where: where.__name__)
def test_a_caught_exception_is_named_at_once(where):
    status, detail = where(kw.LivePlot())
    assert status == "failed"
    assert "broken data" in detail


def test_it_is_without_keras_short_tracebacks_too():
    keras.config.disable_traceback_filtering()
    try:
        status, detail = in_try(kw.LivePlot())
    finally:
        keras.config.enable_traceback_filtering()
    assert (status, "broken data" in detail) == ("failed", True)


def test_what_is_no_error_is_named_as_far_as_it_is_known():
    def leave(batch, logs):
        raise SystemExit("done")

    live = kw.LivePlot()
    leaving = keras.callbacks.LambdaCallback(on_train_batch_end=leave)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with contextlib.suppress(SystemExit):
        model.fit(np.ones((8, 2)), np.ones((8, 1)), callbacks=[live, leaving], verbose=0)
    live._run.after_cell(None)
    assert (live.status, "SystemExit" in live._run.detail) == ("failed", True)


def test_an_exception_that_a_callback_catches_ends_nothing():
    class Evaluate(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            with pytest.raises(ValueError, match="expected axis -1"):
                self.model.evaluate(np.ones((4, 7)), np.ones((4, 1)), verbose=0)
            assert live.status == "running"

    live = kw.LivePlot()
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 2)), np.ones((8, 1)), callbacks=[live, Evaluate()], verbose=0)
    assert live.status == "finished"


def test_keras_is_as_it_was_when_no_fit_is_watched():
    in_try(kw.LivePlot())
    assert not fit_exceptions._listeners
    assert not hasattr(fit_exceptions.traceback_utils._process_traceback_frames, "is_watched")


def test_text_that_a_file_cannot_encode_stops_no_fit(capsys, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[keras.metrics.MeanAbsoluteError(name="précision")])
    history = model.fit(
        np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0, callbacks=[TerminalLivePlot()]
    )
    assert len(history.history["loss"]) == 2
    stream.flush()
    assert b"pr?cision" in stream.buffer.getvalue()
