"""Test the NaN guard in real fits."""

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.live.run import fit_run
from kwidgets.live.training_thread import pace
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.nan_guard import good_states
from kwidgets.record.recording import recording

BATCH = 32
BATCHES = 10


@pytest.fixture(autouse=True)
def at_every_batch(monkeypatch):
    """The metrics are read, and the state is copied, before every batch."""
    monkeypatch.setattr(recording, "on", False)
    monkeypatch.setattr(fit_run, "SAMPLE_SECONDS", 0.0)
    monkeypatch.setattr(pace, "MAX_INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(good_states, "MIN_INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(good_states, "COST_FACTOR", 0.0)


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).random((BATCHES * BATCH, 8), dtype="float32")
    return x, x.sum(axis=1, keepdims=True)


def make_model(optimizer=None, metrics=("mae",), built=True):
    keras.utils.set_random_seed(7)
    layers = [keras.layers.Dense(8, "tanh"), keras.layers.Dropout(0.2), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((8,)), *layers] if built else layers)
    model.compile(optimizer or keras.optimizers.Adam(0.01), "mse", metrics=list(metrics))
    return model


def with_nan(x, batch):
    """Return the data with a NaN in one batch."""
    bad = x.copy()
    bad[batch * BATCH + 3, 2] = np.nan
    return bad


def texts(live):
    return [mark["text"] for mark in live.history.marks]


def is_finite(model):
    return all(np.isfinite(weights).all() for weights in model.get_weights())


@pytest.mark.parametrize("built", [True, False])
def test_a_fit_without_nan_is_the_same_to_the_last_bit(data, built):
    results = []
    for callbacks in ([], [kw.LivePlot(nan_guard=True)]):
        model = make_model(built=built)
        history = model.fit(*data, epochs=2, callbacks=callbacks, validation_split=0.2, verbose=0)
        results.append((history.history, model.get_weights(), model.optimizer.variables))
    (first, weights, slots), (second, others, other_slots) = results
    assert first == second
    for one, other in zip([*weights, *slots], [*others, *other_slots], strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))


def test_the_batch_with_nan_is_skipped_and_the_rate_is_halved(data):
    x, y = data
    model, live = make_model(), kw.LivePlot(nan_guard=True)
    history = model.fit(
        *(with_nan(x, 4), y, BATCH, 2),
        shuffle=False,
        callbacks=[live],
        validation_data=data,
        verbose=0,
    ).history
    assert texts(live) == [
        "NaN in loss at step 5. Restored the state of step 3; learning rate 0.01 → 0.005.",
        "NaN in loss at step 15. Restored the state of step 13; learning rate 0.005 → 0.0025.",
    ]
    assert is_finite(model)
    assert live.status == "finished"
    assert np.isfinite([*history["loss"], *history["mae"], *history["val_loss"]]).all()
    assert float(model.optimizer.learning_rate) == pytest.approx(0.0025)
    # 20 batches, two of them skipped, each with one good step before it.
    assert int(model.optimizer.iterations) == 20 - 2 * 2


def test_nan_in_the_last_batch_is_in_no_logs(data):
    x, y = data
    model, live = make_model(), kw.LivePlot(nan_guard=True)
    stopping = keras.callbacks.EarlyStopping("loss", patience=0)
    history = model.fit(
        with_nan(x, BATCHES - 1),
        *(y, BATCH, 2),
        shuffle=False,
        callbacks=[stopping, live],
        validation_data=data,
        verbose=0,
    ).history
    assert len(texts(live)) == 2
    assert np.isfinite([*history["loss"], *history["val_loss"]]).all()
    assert stopping.stopped_epoch == 0


def test_after_its_last_restore_it_ends_the_fit_with_good_weights(data):
    x, y = data
    model, live = make_model(), kw.LivePlot(nan_guard=1)
    model.fit(with_nan(x, 4), y, epochs=4, shuffle=False, callbacks=[live], verbose=0)
    assert texts(live) == [
        "NaN in loss at step 5. Restored the state of step 3; learning rate 0.01 → 0.005.",
        "NaN in loss at step 15. The NaN guard has restored a state 1 times, its limit: training "
        "ends with the state of step 13.",
    ]
    assert is_finite(model)
    assert int(model.optimizer.iterations) == 13 - 2
    assert live.status == "finished"
    progress = live._run.describe_progress()
    assert progress["diverged"]
    assert progress["detail"] == texts(live)[-1]


def test_nan_from_the_first_batch_on_ends_with_the_initial_weights(data):
    model, live = make_model(keras.optimizers.SGD(1e30)), kw.LivePlot(nan_guard=2)
    initial = model.get_weights()
    model.fit(*data, epochs=9, callbacks=[live], verbose=0)
    assert len(texts(live)) == 3
    assert "the state of step 0" in texts(live)[-1]
    for one, other in zip(initial, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_nan_weights_are_found_where_the_loss_is_finite(data):
    x, y = data
    # The largest of 0 and NaN is 0 here, but not in the gradient.
    inputs = keras.Input((8,))
    outputs = keras.layers.Dense(1)(keras.layers.Dense(8, "relu")(inputs))
    model, live = keras.Model(inputs, outputs), kw.LivePlot(nan_guard=True)
    model.compile("sgd", "mse")

    class Break(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                model.layers[1].bias.assign(np.full(8, np.nan))

    losses = model.fit(x, y, epochs=2, callbacks=[Break(), live], verbose=0).history["loss"]
    assert is_finite(model)
    assert len(texts(live)) == 1
    assert np.isfinite(losses).all()


def test_a_schedule_is_held_at_half_of_its_rate(data):
    x, y = data
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)
    model, live = make_model(keras.optimizers.Adam(schedule)), kw.LivePlot(nan_guard=True)
    model.fit(with_nan(x, 4), y, epochs=1, shuffle=False, callbacks=[live], verbose=0)
    assert texts(live) == [
        "NaN in loss at step 5. Restored the state of step 3; learning rate 0.009947 → 0.004974."
    ]
    assert is_finite(model)


def test_reduce_lr_on_plateau_goes_on_from_the_halved_rate(data):
    x, y = data
    model, live = make_model(), kw.LivePlot(nan_guard=True)
    plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=1, min_delta=1e9)
    model.fit(with_nan(x, 4), y, epochs=2, shuffle=False, callbacks=[plateau, live], verbose=0)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01 / 4 / 10)


def test_terminate_on_nan_ends_the_fit_and_the_weights_are_good(data):
    x, y = data
    model, live = make_model(), kw.LivePlot(nan_guard=True)
    ending = keras.callbacks.TerminateOnNaN()
    model.fit(with_nan(x, 4), y, epochs=3, shuffle=False, callbacks=[ending, live], verbose=0)
    assert is_finite(model)
    assert live._run.describe_progress()["diverged"]
    assert "TerminateOnNaN stopped the training: the loss became NaN." in texts(live)


def test_nan_in_validation_alone_is_no_reason(data):
    x, y = data
    model, live = make_model(), kw.LivePlot(nan_guard=True)
    model.fit(x, y, epochs=2, validation_data=(with_nan(x, 0), y), callbacks=[live], verbose=0)
    assert texts(live) == []


def test_a_step_that_loss_scaling_skips_is_no_reason(data):
    x, y = data
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.01), initial_scale=1e38, dynamic_growth_steps=1000
    )
    model, live = make_model(optimizer), kw.LivePlot(nan_guard=True)
    model.fit(x, y, epochs=1, callbacks=[live], verbose=0)
    assert float(optimizer.dynamic_scale) < 1e38  # steps were skipped
    assert texts(live) == []
    assert is_finite(model)


def test_the_switch_works_during_a_fit(data):
    x, y = data
    model, live = make_model(), kw.LivePlot()
    seen = []

    class Switch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            value = {1: 1.0, 2: 0.0}.get(epoch)
            if value is not None:
                live._run.submit(
                    Command("set_nan_guard", value, reply=lambda *reply: seen.append(reply))
                )

        def on_epoch_end(self, epoch, logs=None):
            seen.append(live._run.describe_progress()["nan_guard"])
            if epoch == 0:
                bad[:] = with_nan(x, 4)
            if epoch == 1:
                bad[:] = x

    bad = x.copy()

    def batches():
        while True:
            for i in range(BATCHES):
                part = slice(i * BATCH, (i + 1) * BATCH)
                yield bad[part], y[part]

    model.fit(batches(), steps_per_epoch=BATCHES, epochs=3, callbacks=[Switch(), live], verbose=0)
    assert seen == [False, (True, ""), True, (True, ""), False]
    assert [text[:15] for text in texts(live)] == ["NaN in loss at "]
    assert is_finite(model)


def test_more_copies_than_memory_leave_it_off(data, monkeypatch):
    monkeypatch.setattr(good_states, "_MEMORY_SHARE", 0.0)
    model, live = make_model(), kw.LivePlot(nan_guard=True)
    model.fit(*data, epochs=1, callbacks=[live], verbose=0)
    progress = live._run.describe_progress()
    assert progress["nan_guard"] is False
    assert any("NaN guard is off" in notice["text"] for notice in progress["notices"])
