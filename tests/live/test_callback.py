"""Test LivePlot in real fits, without a notebook."""

import copy
import itertools
import logging
import pickle
import threading

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.live.page.view import LiveView
from kwidgets.live.training_thread.command_queue import Command


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.random((256, 8), dtype="float32")
    return x, (x.sum(axis=1) > 4).astype("int32")


def make_model(metrics=("accuracy",), **compile_args):
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.1),
         keras.layers.Dense(2, "softmax")]
    )  # fmt: skip
    model.compile(
        **{"optimizer": "adam", "loss": "sparse_categorical_crossentropy"} | compile_args,
        metrics=list(metrics),
    )
    return model


class Act(keras.callbacks.Callback):
    """Calls ``action`` during the fit, on the training thread or on another."""

    def __init__(self, at_batch, action, thread=False):
        super().__init__()
        self.at_batch, self.action, self.thread = at_batch, action, thread
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(self.model.optimizer.learning_rate))
        if len(self.seen) == self.at_batch:
            if self.thread:
                worker = threading.Thread(target=self.action)
                worker.start()
                worker.join()
            else:
                self.action()


def test_weights_are_the_same_with_and_without(data):
    def train(callbacks):
        model = make_model()
        model.fit(*data, epochs=3, validation_split=0.25, callbacks=callbacks, verbose=0)
        return model.get_weights()

    for plain, watched in zip(train([]), train([kw.LivePlot()]), strict=True):
        np.testing.assert_array_equal(plain, watched)


def test_weights_are_the_same_when_everything_of_the_view_fails(data, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise OSError("the view is broken")

    for method in ("show", "publish", "end"):
        monkeypatch.setattr(LiveView, method, broken)
    monkeypatch.setattr("kwidgets.live.keras_internals.metric_sampler.MetricSampler.sample", broken)

    def train(callbacks):
        model = make_model()
        model.fit(*data, epochs=3, callbacks=callbacks, verbose=0)
        return model.get_weights()

    live = kw.LivePlot()
    with caplog.at_level(logging.WARNING, logger="kwidgets"):
        watched = train([live])
    for plain, other in zip(train([]), watched, strict=True):
        np.testing.assert_array_equal(plain, other)
    assert live.status == "finished"
    reports = [record.getMessage() for record in caplog.records]
    assert len(reports) == len(set(reports)) == 3, "each failure is reported once"


def test_history_agrees_with_keras(data):
    live = kw.LivePlot()
    history = (
        make_model()
        .fit(*data, epochs=4, validation_split=0.25, callbacks=[live], verbose=0)
        .history
    )
    for name, values in history.items():
        np.testing.assert_allclose(live.history[name], values, rtol=1e-6)
    assert list(live.history["step"]) == [6, 12, 18, 24]


def test_batch_curve_is_the_exact_mean_of_the_batches(data, monkeypatch):
    # Sample at every batch, so that each row is one batch.
    monkeypatch.setattr("kwidgets.live.run.fit_run.SAMPLE_SECONDS", 0.0)
    monkeypatch.setattr("kwidgets.live.training_thread.pace.MAX_INTERVAL_SECONDS", 0.0)
    live = kw.LivePlot()
    model = make_model(metrics=())
    running = []

    class Logs(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            running.append(logs["loss"])

    model.fit(*data, epochs=1, callbacks=[live, Logs()], verbose=0, shuffle=False)
    sums = np.array(running) * np.arange(1, len(running) + 1)
    np.testing.assert_allclose(
        live.history.batches["mean/loss"], np.diff(sums, prepend=0), rtol=1e-4
    )


@pytest.mark.parametrize("validation_split", [0.0, 0.25])
def test_each_sample_is_the_mean_of_exactly_the_batches_since_the_last(data, validation_split):
    """Epochs here are far shorter than the time between samples."""
    live = kw.LivePlot()
    losses = []

    class Logs(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            total = logs["loss"] * (batch + 1)
            losses.append(total - (self.total if batch else 0.0))
            self.total = total

    make_model().fit(
        *data, epochs=40, validation_split=validation_split, callbacks=[live, Logs()], verbose=0
    )
    samples = live.history.batches
    edges = [0, *samples["step"].astype(int)]
    assert edges[-1] == len(losses)
    expected = [np.mean(losses[a:b]) for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(samples["mean/loss"], expected, rtol=1e-3)


def test_an_epoch_cut_short_is_not_the_best(data):
    live = kw.LivePlot()
    act = Act(17, live.stop)
    make_model().fit(*data, epochs=50, callbacks=[live, act], verbose=0)
    assert len(live.history["loss"]) == 3
    assert live._store.best["loss"]["epoch"] <= 2


def test_metrics_without_a_total_are_running_values(data):
    live = kw.LivePlot()
    mean = keras.metrics.SparseCategoricalCrossentropy(name="x<b>")
    # The root of a mean: the difference of its totals is not a root mean square.
    root = keras.metrics.RootMeanSquaredError(name="rmse")
    targets = keras.utils.to_categorical(data[1], 2)
    model = make_model(metrics=[mean], loss="mse")
    model.compile("adam", "mse", metrics=[root, keras.metrics.MeanSquaredError(name="x<b>")])
    model.fit(data[0], targets, epochs=2, callbacks=[live], verbose=0)
    kinds = {name: metric["kind"] for name, metric in live._store.metrics.items()}
    assert kinds == {"loss": "mean", "rmse": "running", "x<b>": "mean"}
    assert "x&lt;b&gt;" in live.figure.to_json().encode().decode("unicode_escape")


def test_stop_from_another_thread_returns_history_and_the_model_goes_on(data):
    live = kw.LivePlot()
    model = make_model()
    act = Act(5, live.stop, thread=True)
    history = model.fit(*data, epochs=100, callbacks=[live, act], verbose=0)
    assert live.status == "stopped"
    assert len(act.seen) <= 7, "at most the running batch and one more"
    assert len(history.history["loss"]) == 1
    model.fit(*data, epochs=1, verbose=0)


@pytest.mark.parametrize("thread", [False, True])
def test_a_learning_rate_takes_effect_on_the_next_batch(data, thread):
    live = kw.LivePlot()
    act = Act(3, lambda: live.set_learning_rate(0.25), thread)
    make_model().fit(*data, epochs=2, callbacks=[live, act], verbose=0)
    assert act.seen[2] == pytest.approx(0.001)
    assert act.seen[4:] == pytest.approx([0.25] * len(act.seen[4:]))


def test_pause_holds_the_step_and_resume_goes_on(data):
    live = kw.LivePlot()
    model = make_model()
    act = Act(4, live.pause)
    fit = threading.Thread(
        target=lambda: model.fit(*data, epochs=2, callbacks=[live, act], verbose=0)
    )
    fit.start()
    wait_until(lambda: live.status == "paused")
    assert len(act.seen) == 4
    assert not threading.Event().wait(0.3) and len(act.seen) == 4, "nothing runs while paused"
    live.set_learning_rate(0.125)
    live.resume()
    fit.join(60)
    assert live.status == "finished"
    assert len(act.seen) == 16
    assert act.seen[-1] == 0.125


def test_the_weights_can_be_read_between_any_two_steps(data):
    x, y = data
    expected = make_model()
    expected.fit(x[:128], y[:128], verbose=0, shuffle=False)

    model, live, read = make_model(), kw.LivePlot(), []

    def ask(batch, logs):
        if batch == 3:
            live._submit(Command("call", function=lambda: read.extend(model.get_weights())))

    # Not Act: on JAX, who takes `model` from a callback brings the weights up to date.
    asker = keras.callbacks.LambdaCallback(on_train_batch_end=ask)
    model.fit(x, y, verbose=0, shuffle=False, callbacks=[live, asker])
    np.testing.assert_equal(read, expected.get_weights())


def test_stop_while_paused(data):
    live = kw.LivePlot()
    act = Act(4, live.pause)
    fit = threading.Thread(
        target=lambda: make_model().fit(*data, epochs=50, callbacks=[live, act], verbose=0)
    )
    fit.start()
    wait_until(lambda: live.status == "paused")
    live.stop()
    fit.join(60)
    assert live.status == "stopped"


def test_an_exception_in_the_data_is_seen_as_failed(data):
    def batches():
        for _ in range(5):  # Keras looks at the first ones before the fit begins
            yield data[0][:32], data[1][:32]
        raise RuntimeError("no more data")

    live = kw.LivePlot()
    with pytest.raises(Exception, match="no more data"):
        make_model().fit(batches(), steps_per_epoch=9, epochs=2, callbacks=[live], verbose=0)
    wait_until(lambda: live.status == "failed")
    assert live.history["loss"].size == 0
    with pytest.raises(KeyError, match=r"no 'val_loss' yet. Its keys are step, epoch"):
        live.history["val_loss"]
    live.stop()  # has no effect, and does not raise
    make_model().fit(*data, epochs=1, callbacks=[live], verbose=0)
    assert live.status == "finished"


def test_another_fit_with_the_same_live_plot_is_left_alone(data, caplog):
    """Nested, as in a callback that trains a second model: the outer fit is still watched."""
    live = kw.LivePlot()

    class Nested(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                make_model().fit(*data, epochs=2, callbacks=[live], verbose=0)
                live.stop()

    with caplog.at_level(logging.WARNING, logger="kwidgets"):
        make_model().fit(*data, epochs=50, callbacks=[live, Nested()], verbose=0)
    assert live.status == "stopped"
    assert list(live.history["step"][:2]) == [8, 16]
    assert len(live.history["loss"]) == 3
    assert caplog.text.count("is already watching another fit") == 1


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="its train_step takes a state too")
def test_a_metric_that_never_has_a_number_gets_no_chart(data):
    class Own(keras.Sequential):
        def train_step(self, data):
            super().train_step(data)
            return {"my_loss": keras.ops.convert_to_tensor(0.5)}

    live = kw.LivePlot()
    keras.utils.set_random_seed(7)
    model = Own([keras.Input((8,)), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[VectorF1()])
    model.fit(*data, epochs=2, callbacks=[live], verbose=0)
    assert "my_loss" in live._store.metrics
    assert "vector_f1" not in live._store.metrics


class VectorF1(keras.metrics.Mean):
    """A metric whose result is not a single number."""

    def __init__(self, name="vector_f1", **kwargs):
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(y_pred)

    def result(self):
        return keras.ops.stack([super().result(), 0.0])


def test_zero_epochs(data):
    live = kw.LivePlot()
    make_model().fit(*data, epochs=0, callbacks=[live], verbose=0)
    assert live.status == "finished"
    assert live.history["step"].size == 0
    assert live.figure.data == ()


def test_a_generator_of_unknown_length(data):
    def batches():
        for start in range(0, 256, 32):
            yield data[0][start : start + 32], data[1][start : start + 32]

    live = kw.LivePlot()
    with pytest.warns(UserWarning, match="generator"):
        make_model().fit(batches(), epochs=1, callbacks=[live], verbose=0)
    assert live.status == "finished"
    assert list(live.history["step"]) == [8]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_metrics_that_are_not_finite(data, bad):
    class Bad(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.sum(y_pred, axis=-1) * bad

    live = kw.LivePlot()
    make_model(loss=Bad()).fit(*data, epochs=2, callbacks=[live], verbose=0)
    assert live.status == "finished"
    assert not np.isfinite(live.history["loss"]).any()
    (notice,) = live._run.describe_progress()["notices"]
    assert notice["text"].startswith(f"loss became {'NaN' if np.isnan(bad) else 'infinite'}")
    assert live.figure is not None


def test_early_stopping_is_finished_and_says_so(data):
    live = kw.LivePlot()
    early = keras.callbacks.EarlyStopping(monitor="loss", baseline=-1, patience=0)
    make_model().fit(*data, epochs=50, callbacks=[early, live], verbose=0)
    assert live.status == "finished"
    assert (
        "EarlyStopping stopped the training: no improvement of loss for 1 epoch" in live._run.detail
    )


def test_a_whole_epoch_counts_also_when_a_callback_ends_the_fit_after_it(data):
    class End(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    live = kw.LivePlot()
    make_model().fit(*data, epochs=50, callbacks=[End(), live], verbose=0)
    assert live._store.best["loss"]["epoch"] == 1


def test_evaluate_with_the_callback_shows_nothing_and_changes_nothing(data):
    live = kw.LivePlot()
    model = make_model()
    model.fit(*data, epochs=1, callbacks=[live], verbose=0)
    model.evaluate(*data, callbacks=[live], verbose=0)
    assert live.status == "finished"


def test_tuners_may_copy_it():
    live = kw.LivePlot(smoothing=0.5)
    assert repr(live) == "<LivePlot: no fit yet>"
    assert copy.deepcopy(live)._options == live._options
    assert pickle.loads(pickle.dumps(live))._options == live._options


def test_before_the_first_fit():
    live = kw.LivePlot()
    assert live.status is None
    assert len(live.history["step"]) == 0
    live.pause(), live.resume(), live.stop(), live.set_learning_rate(0.1)
    with pytest.raises(ValueError, match="above 0"):
        live.set_learning_rate(-1)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"smothing": 0.5}, TypeError, "Did you mean 'smoothing'"),
        ({"colour": 1}, TypeError, "has no argument 'colour'"),
        ({"x_axis": "hours"}, ValueError, "'step', 'epoch', 'time'; got 'hours'"),
        ({"x_axis": 3}, TypeError, "got 3"),
        ({"smoothing": 1}, ValueError, "below 1; got 1"),
        ({"smoothing": float("nan")}, ValueError, "got nan"),
        ({"smoothing": "a lot"}, TypeError, "got 'a lot' .str."),
        ({"smoothing": True}, TypeError, "got True"),
        ({"smoothing": 10**400}, ValueError, "got 1000"),
        ({"smoothing": 1j}, TypeError, "got 1j .complex."),
        ({"log_scale": "yes"}, TypeError, "True or False; got 'yes'"),
    ],
)
def test_bad_arguments_raise_at_once(options, error, says):
    with pytest.raises(error, match=says):
        kw.LivePlot(**options)


def test_positional_arguments_say_where_the_model_goes():
    with pytest.raises(TypeError, match=r"model\.fit"):
        kw.LivePlot("model")


def wait_until(condition, seconds=30):
    """Wait until a condition is true."""
    tick = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        tick.wait(0.01)
    raise AssertionError("the condition did not come true")
