"""Test that LivePlot's history agrees with Keras's own, in every kind of fit."""

import decimal
import fractions
import os
import signal

import keras
import numpy as np
import pytest

import kwidgets as kw

BACKEND = keras.backend.backend()


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.random((96, 4), dtype="float32")
    return x, x.sum(axis=1, keepdims=True)


def compiled(model=None, **arguments):
    keras.utils.set_random_seed(3)
    model = model or keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]} | arguments)
    return model


def watch(model, *data, **arguments):
    live = kw.LivePlot()
    callbacks = [live, *arguments.pop("callbacks", [])]
    history = model.fit(*data, callbacks=callbacks, verbose=0, **arguments)
    return live, history.history


def agrees(live, history):
    for name, values in history.items():
        ours = live.history[name]
        ours = ours[~np.isnan(ours)] if len(values) < len(ours) else ours
        np.testing.assert_allclose(ours, values, rtol=1e-6, equal_nan=True)


def test_validation_freq_leaves_gaps_where_there_was_none(data):
    live, history = watch(
        compiled(), *data, epochs=5, validation_split=0.25, validation_freq=2, batch_size=16
    )
    agrees(live, history)
    assert list(np.isnan(live.history["val_loss"])) == [True, False, True, False, True]


class Logs(keras.callbacks.Callback):
    """Changes the logs at the end of each epoch, as ``LearningRateScheduler`` does."""

    def __init__(self, **values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs.update({name: value(epoch, logs) for name, value in self.values.items()})


@pytest.mark.parametrize("ours_first", [True, False])
def test_what_callbacks_add_to_the_logs_is_in_the_history(data, ours_first):
    live = kw.LivePlot()
    own = [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5),
        Logs(loss=lambda epoch, logs: -float(epoch), extra=lambda epoch, logs: epoch / 2),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.pop("mae")),
    ]
    callbacks = [live, *own] if ours_first else [*own, live]
    history = compiled().fit(*data, epochs=3, callbacks=callbacks, verbose=0).history
    assert {"learning_rate", "extra"} <= set(history)
    agrees(live, history)
    assert np.isnan(live.history["mae"]).all() and "mae" not in history
    assert live._store.best["loss"] | {"seconds": 0} == {
        "split": "training", "epoch": 3, "step": 9, "seconds": 0, "value": -2.0,
    }  # fmt: skip


def test_a_log_called_as_one_of_our_columns_hides_none(data):
    names = ["step", "epoch", "seconds", "partial", "val_step", ""]
    own = Logs(**{name: lambda epoch, logs: 70.0 + epoch for name in names})
    live, _ = watch(compiled(), *data, epochs=2, callbacks=[own])
    ours = live.history
    assert list(ours["step"]) == [3, 6] and list(ours["epoch"]) == [0, 1]
    for name in ("training/step", "training/epoch", "training/seconds", *names[3:]):
        assert list(ours[name]) == [70, 71], name
    assert ours.to_pandas().shape == (2, len(ours))
    assert live.figure is not None and "step 71" in live._run.view.summary()


class BadFloat:
    def __float__(self):
        raise RuntimeError("on purpose")


def test_logs_of_any_kind_cost_no_result(data):
    values = {
        "huge": 10**400, "less": -(10**400), "text": "0.5", "nothing": None, "complex": 1j,
        "fraction": fractions.Fraction(1, 4), "decimal": decimal.Decimal("0.25"), "bad": BadFloat(),
        "half": np.float16(0.25), "array": np.ones(2), "imaginary": np.complex64(1),
    }  # fmt: skip
    own = Logs(**{name: lambda epoch, logs, value=value: value for name, value in values.items()})
    live, history = watch(compiled(), *data, epochs=2, callbacks=[own])
    assert not live._run._guard.failures
    agrees(live, {name: history[name] for name in ("loss", "mae")})
    for name in ("fraction", "decimal", "half"):
        assert list(live.history[name]) == [0.25, 0.25]
    assert list(live.history["huge"]) == [np.inf] * 2
    assert list(live.history["less"]) == [-np.inf] * 2
    for name in ("text", "nothing", "complex", "bad", "array", "imaginary"):
        assert name not in live.history


class CountsCalls(keras.metrics.AUC):
    """A metric of the user's own, which behaves differently with each call of ``result``."""

    calls = 0

    def result(self):
        type(self).calls += 1
        return super().result() * 0 + type(self).calls


def test_a_metric_of_the_users_own_is_not_called_once_more_than_without_us(data, monkeypatch):
    # Sample at every batch.
    monkeypatch.setattr("kwidgets.live.run.fit_run.SAMPLE_SECONDS", 0.0)
    monkeypatch.setattr("kwidgets.live.training_thread.pace.MAX_INTERVAL_SECONDS", 0.0)
    x, y = data

    def train(*callbacks):
        CountsCalls.calls = 0
        model = compiled(metrics=[CountsCalls(name="own"), keras.metrics.AUC(name="auc")])
        fit = model.fit(x, y > 2, epochs=2, batch_size=16, callbacks=[*callbacks], verbose=0)
        return CountsCalls.calls, fit.history

    live = kw.LivePlot()
    assert train(live) == train()
    kinds = {name: metric["kind"] for name, metric in live._store.metrics.items()}
    assert kinds == {"loss": "mean", "own": "epoch", "auc": "running"}
    assert len(live.history["own"]) == 2


def test_metrics_are_named_as_keras_names_them(data):
    x, y = data
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")]
    model = keras.Model(inputs, outputs)
    model.compile(
        "sgd", "mse", metrics=[["mae", "mae"], ["mae"]], weighted_metrics=[["mae", "mae"], []]
    )
    live, history = watch(model, x, [y, y], epochs=1)
    agrees(live, history)
    sampled = {name for name, metric in live._store.metrics.items() if metric["kind"] == "mean"}
    assert sampled == set(history)


@pytest.mark.skipif(BACKEND == "torch", reason="Keras refuses it on PyTorch")
@pytest.mark.parametrize("steps", [2, 4, 7])
def test_several_steps_per_execution_count_as_such(data, steps):
    model = compiled(steps_per_execution=steps)
    live, history = watch(model, *data, epochs=3, batch_size=16)
    agrees(live, history)
    assert list(live.history["step"]) == [6, 12, 18]


def test_initial_epoch_begins_the_axis_there(data):
    live, history = watch(compiled(), *data, initial_epoch=3, epochs=5, batch_size=16)
    agrees(live, history)
    assert list(live.history["epoch"]) == [3, 4]
    run = live._run.view._run
    assert (run["initial_epoch"], run["first_epoch"], run["epochs_before"]) == (3, 3, 0)


def test_a_second_fit_of_a_model_goes_on_with_its_curves(data):
    model = compiled()
    first, _ = watch(model, *data, epochs=2, batch_size=16)
    second, history = watch(model, *data, epochs=3, batch_size=16)
    assert list(second.history["epoch"]) == [0, 1, 2, 3, 4]
    assert list(second.history["step"]) == [6, 12, 18, 24, 30]
    assert np.all(np.diff(second.history["seconds"]) > 0)
    np.testing.assert_allclose(second.history["loss"][2:], history["loss"], rtol=1e-6)
    np.testing.assert_array_equal(second.history["loss"][:2], first.history["loss"])
    (mark,) = second.history.marks
    assert (mark["kind"], mark["step"], mark["epoch"]) == ("fit", 12, 2.0)
    assert list(first.history["epoch"]) == [0, 1], "the first one's stay as they were"


def test_who_counts_on_with_initial_epoch_gets_no_second_offset(data):
    model = compiled()
    watch(model, *data, epochs=2)
    live, _ = watch(model, *data, initial_epoch=2, epochs=4)
    assert list(live.history["epoch"]) == [0, 1, 2, 3]


def test_epochs_are_counted_in_one_way_after_a_stop_and_a_further_fit(data):
    model = compiled()
    live = kw.LivePlot()
    stop = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: live.stop() if (batch, stops[0]) == (1, 2) else None,
        on_epoch_begin=lambda epoch, logs: stops.append(stops.pop() + 1),
    )
    stops = [0]
    model.fit(*data, epochs=9, batch_size=16, callbacks=[live, stop], verbose=0)
    assert list(live.history["epoch"]) == [0, 1]
    assert live._store.best["loss"]["epoch"] == 1, "not the one that was stopped early"
    text = live._run.view.summary()
    assert text.startswith("Training stopped: 1 of 9 epochs and a part of epoch 2, ")
    assert f"loss {live.history['loss'][0]:.4g} " in text, "not that of a part of an epoch"
    symbols = [trace.marker.symbol for trace in live.figure.data if trace.name == "training"]
    assert symbols[0] == ("circle", "circle-open")

    further, history = watch(model, *data, epochs=3, validation_split=0.25)
    assert list(further.history["epoch"]) == [0, 1, 2, 3, 4]
    best = further._store.best["loss"]
    assert best["epoch"] == 3 + int(np.argmin(history["val_loss"]))
    assert further.history["val_loss"][best["epoch"] - 1] == pytest.approx(best["value"])
    assert further._run.view.summary().startswith("Training finished: epoch 5 of 5 (Keras: 3 of 3)")

    early = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=100)
    last, history = watch(model, *data, epochs=9, callbacks=[early])
    text = last._run.view.summary()
    assert text.startswith("Training finished: epoch 7 of 14 (Keras: 2 of 9)")
    assert "(best in epoch 6)" in text
    assert f"loss {history['loss'][-1]:.4g} (best validation" in text, "this one had no validation"


def test_a_run_that_diverged_says_so_everywhere(data):
    x, y = data
    bad = np.where(np.arange(96)[:, None] > 60, np.nan, y)
    model = compiled()
    watch(model, x, y, epochs=1)
    live, history = watch(model, x, bad, epochs=2, batch_size=16, shuffle=False)
    assert np.isnan(history["loss"]).all()
    bundle = live._run.bundle()
    text = bundle["text/plain"]
    assert text.startswith("Training finished, diverged: epoch 3 of 3") and "loss nan" in text
    assert 'alt="Training finished, diverged' in bundle["text/html"]
    (notice,) = live._run.describe_progress()["notices"]
    assert notice["text"].startswith("loss, mae became NaN by step ")
    snapshot = bundle["application/vnd.kwidgets.live+json"]["payload"]
    assert snapshot["progress"]["diverged"] is True
    assert "nan/training/loss" in snapshot["epoch"]["columns"]
    diverged = [mark for mark in live.history.marks if mark["kind"] == "diverged"]
    assert [mark["text"] for mark in diverged] == ["loss became NaN"]
    notes = [note["text"] for note in live.figure.layout.annotations]
    # Beside the titles, for each subplot.
    assert notes == ["loss", "mae", "loss became NaN", "loss became NaN"]

    fine, _ = watch(compiled(), x, y, epochs=1)
    assert fine._run.describe_progress()["diverged"] is False


def test_a_compile_in_between_goes_on_and_new_weights_begin_anew(data):
    model = compiled()
    start = model.get_weights()
    watch(model, *data, epochs=2)
    model.compile("adam", "mse")
    live, _ = watch(model, *data, epochs=1)
    assert list(live.history["epoch"]) == [0, 1, 2]
    model.set_weights(start)
    live, _ = watch(model, *data, epochs=1)
    assert list(live.history["epoch"]) == [0]
    assert not live.history.marks


def test_after_an_interrupt_the_next_fit_goes_on(data):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    model = compiled()
    with pytest.raises(KeyboardInterrupt):
        watch(model, *data, epochs=5, callbacks=[Interrupt()])
    model.fit(*data, epochs=1, verbose=0)  # whatever state it is in, it is usable
    live, _ = watch(model, *data, epochs=1)
    assert live.status == "finished"


@pytest.mark.parametrize("signalled", [True, False])
def test_after_an_interrupt_in_an_epoch_the_curve_goes_on_silently(data, signalled, caplog):
    def interrupt(batch, logs):
        if batch == 3 and signalled:
            os.kill(os.getpid(), signal.SIGINT)
        elif batch == 3:
            raise KeyboardInterrupt

    model, first = compiled(), kw.LivePlot()
    watch(model, *data, epochs=1, batch_size=16)
    callbacks = [first, keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)]
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, epochs=5, batch_size=16, callbacks=callbacks, verbose=0)
    first._run.after_cell(KeyboardInterrupt())  # what the end of the cell does
    assert first.status == "interrupted"
    assert not first._run.describe_progress()["notices"] and not caplog.text
    # The epoch that was interrupted has its number, and no row, as in Keras's History.
    live, _ = watch(model, *data, epochs=1, batch_size=16)
    assert list(live.history["epoch"]) == [0, 2]
    assert np.all(np.diff(live.history.batches["epoch"]) > 0)


def test_many_outputs_are_grouped(data):
    x, y = data
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "a_b")]
    model = compiled(keras.Model(inputs, outputs), loss=["mse", "mse"], metrics=[["mae"], ["mae"]])
    live, history = watch(model, x, [y, y], epochs=2, validation_split=0.25)
    agrees(live, history)
    groups = {name: metric["group"] for name, metric in live._store.metrics.items()}
    assert groups["loss"] is None
    assert groups["a_mae"] == "a" and groups["a_b_mae"] == "a_b"


def test_generators_and_data_sets_of_unknown_length(data):
    x, y = data

    def batches():
        for i in range(6):
            yield x[i * 16 :][:16], y[i * 16 :][:16]

    live, history = watch(compiled(), batches())
    agrees(live, history)
    assert list(live.history["step"]) == [6]

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 6

        def __getitem__(self, i):
            return x[i * 16 :][:16], y[i * 16 :][:16]

    live, history = watch(compiled(), Batches(), epochs=2)
    agrees(live, history)
    assert list(live.history["step"]) == [6, 12]


@pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.data is TensorFlow's")
def test_tf_data_of_unknown_length(data):
    import tensorflow as tf

    rows = tf.data.Dataset.from_tensor_slices(data).filter(lambda x, y: True).batch(16)
    live, history = watch(compiled(), rows, epochs=3)
    agrees(live, history)
    assert list(live.history["step"]) == [6, 12, 18]


class Own(keras.Model):
    """A subclass with a train step of its own, which logs a metric of its own."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)

    if BACKEND == "jax":

        def train_step(self, state, data):
            logs, state = super().train_step(state, data)
            return {**logs, "extra": logs["loss"] * 2}, state
    else:

        def train_step(self, data):
            logs = super().train_step(data)
            return {**logs, "extra": logs["loss"] * 2}


def test_subclassed_models_with_a_train_step_of_their_own(data):
    live, history = watch(compiled(Own()), *data, epochs=2, batch_size=16)
    agrees(live, history)
    assert live._store.metrics["extra"]["kind"] == "epoch"


def test_class_and_sample_weights(data):
    x, _ = data
    y = (np.arange(96) % 2).astype("int32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "softmax")])
    model = compiled(model, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    live, history = watch(model, x, y, epochs=2, class_weight={0: 1.0, 1: 7.0})
    agrees(live, history)
    live, history = watch(model, x, y, epochs=2, sample_weight=np.linspace(0, 1, 96))
    agrees(live, {name: [*live.history[name][:2], *values] for name, values in history.items()})


def marks(live):
    return [mark["text"] for mark in live.history.marks]


def test_reduce_lr_on_plateau_leaves_a_mark(data):
    plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=100, factor=0.5)
    live, _ = watch(compiled(), *data, epochs=3, callbacks=[plateau])
    assert marks(live) == [
        "ReduceLROnPlateau: learning rate 0.01 → 0.005",
        "ReduceLROnPlateau: learning rate 0.005 → 0.0025",
    ]
    assert live.history.marks[0]["epoch"] == 2.0


@pytest.mark.parametrize("before", [True, False])
def test_each_reduction_leaves_one_wherever_the_callback_stands(data, before, monkeypatch):
    # An update is due after each epoch, and reads the rate too.
    monkeypatch.setattr("kwidgets.live.run.fit_run.PUBLISH_SECONDS", 0.0)
    plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=100, factor=0.5)
    live = kw.LivePlot()
    callbacks = [plateau, live] if before else [live, plateau]
    compiled().fit(*data, epochs=4, callbacks=callbacks, verbose=0)
    assert marks(live) == [
        f"ReduceLROnPlateau: learning rate {change}"
        for change in ("0.01 → 0.005", "0.005 → 0.0025", "0.0025 → 0.00125")
    ]


def test_who_changes_the_rate_all_the_time_leaves_few(data):
    class Warmup(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.001 * (epoch + 1)

    live, _ = watch(compiled(), *data, epochs=30, callbacks=[Warmup()])
    assert 1 <= len(marks(live)) <= 5


def test_a_scheduler_that_sets_the_rate_each_epoch_leaves_none(data):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    live, _ = watch(compiled(), *data, epochs=4, callbacks=[scheduler])
    assert marks(live) == []


def test_early_stopping_says_why_and_which_weights(data):
    stopping = keras.callbacks.EarlyStopping(
        "loss", patience=2, min_delta=100, restore_best_weights=True
    )
    live, _ = watch(compiled(), *data, epochs=9, callbacks=[stopping])
    assert live.status == "finished"
    says = (
        "EarlyStopping stopped the training: no improvement of loss for 2 epochs "
        "(best in epoch 1). Weights of epoch 1 restored."
    )
    assert live._run.detail == says
    assert marks(live) == [says]


def test_terminate_on_nan_says_so(data):
    x, y = data
    bad = np.where(np.arange(96)[:, None] > 40, np.nan, y)
    terminate = keras.callbacks.TerminateOnNaN()
    live, _ = watch(
        compiled(), x, bad, epochs=9, batch_size=16, shuffle=False, callbacks=[terminate]
    )
    assert live._run.detail == "TerminateOnNaN stopped the training: the loss became NaN."


def test_what_the_user_does_leaves_marks(data):
    live = kw.LivePlot()

    class Act(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                live.set_learning_rate(0.25)
            elif epoch == 1:
                live.stop()

    compiled().fit(*data, epochs=9, callbacks=[live, Act()], verbose=0)
    assert marks(live) == ["Learning rate 0.01 → 0.25", "Stop"]


def test_the_history_goes_to_pandas_and_csv(data, tmp_path):
    live, history = watch(compiled(), *data, epochs=3, validation_split=0.25, validation_freq=2)
    frame = live.history.to_pandas()
    assert list(frame["loss"]) == pytest.approx(history["loss"])
    assert len(live.history.to_pandas(batches=True)) == len(live.history.batches["step"])
    live.history.to_csv(tmp_path / "run.csv")
    header, first, second, _ = (tmp_path / "run.csv").read_text().splitlines()
    assert header.split(",")[:3] == ["step", "epoch", "seconds"]
    column = header.split(",").index("val_loss")
    assert first.split(",")[column] == ""
    assert float(second.split(",")[column]) == pytest.approx(history["val_loss"][0])


def test_the_figure_shows_the_marks(data):
    plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=100, factor=0.5)
    live, _ = watch(compiled(), *data, epochs=3, callbacks=[plateau])
    names = [trace.name for trace in live.figure.data]
    assert "ReduceLROnPlateau: learning rate 0.01 → 0.005" in names
