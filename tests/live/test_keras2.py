"""Test fits of Keras 2 (``tf_keras``): watched as those of Keras 3, and named where that ends."""

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.live.auto import auto_view

X = np.random.default_rng(0).random((64, 3), dtype="float32")
Y = (X.sum(axis=1, keepdims=True) > 1.5).astype("float32")


@pytest.fixture(scope="module")
def tf_keras():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras 2 trains on TensorFlow whatever Keras 3 uses")
    return pytest.importorskip("tf_keras")


@pytest.fixture
def fit(tf_keras):
    def fit(*callbacks, rate=0.01, epochs=3, verbose=0):
        tf_keras.utils.set_random_seed(1)
        layers = [tf_keras.layers.Dense(4, input_shape=(3,)), tf_keras.layers.Dense(1, "sigmoid")]
        model = tf_keras.Sequential(layers)
        metrics = ["mae", tf_keras.metrics.AUC(name="auc")]
        model.compile(tf_keras.optimizers.SGD(rate), "binary_crossentropy", metrics=metrics)
        history = model.fit(
            X, Y, batch_size=8, epochs=epochs, validation_split=0.25,
            verbose=verbose, callbacks=[*callbacks],
        )  # fmt: skip
        return model, history.history

    return fit


def test_a_fit_of_keras_2_is_watched_and_trains_the_same(fit):
    live = kw.LivePlot()
    model, history = fit(live)
    plain, plain_history = fit()
    assert history == plain_history
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for name, values in history.items():
        np.testing.assert_allclose(live.history[name], values, rtol=1e-6)
    assert live.status == "finished" and not live._run._guard.failures
    kinds = {name: metric["kind"] for name, metric in live._store.metrics.items()}
    assert kinds == {"loss": "mean", "mae": "mean", "auc": "epoch"}
    assert live.history.batches["step"][-1] == 18
    assert np.isfinite(live.history.batches["mean/loss"]).all()
    assert live._run.view._run["backend"] == "tensorflow, Keras 2"


def test_it_is_steered_too_except_where_a_schedule_sets_the_rate(fit, tf_keras, caplog):
    live = kw.LivePlot()

    def act(epoch, logs):
        live.set_learning_rate(0.25) if epoch == 0 else live.stop()

    callback = tf_keras.callbacks.LambdaCallback(on_epoch_end=act)
    model, history = fit(live, callback, epochs=50)
    assert live.status == "stopped" and len(history["loss"]) <= 3
    assert float(model.optimizer.learning_rate) == 0.25
    assert not caplog.text

    schedule = tf_keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    fit(live, callback, rate=schedule)
    assert "follows a schedule (ExponentialDecay)" in caplog.text
    assert not live._run._guard.failures


def test_every_fit_of_keras_2_gets_a_view_where_those_of_keras_3_do(fit, tf_keras, capsys):
    auto_view.start()
    try:
        model, history = fit(verbose=1)
        run = kw.latest()._run
        np.testing.assert_allclose(run.store.history()["loss"], history["loss"], rtol=1e-6)
        model.evaluate(X, Y, verbose=1)
        assert "ETA" not in capsys.readouterr().out.partition("Training finished")[0]
    finally:
        auto_view.stop()
    fit(verbose=1)
    assert kw.latest()._run is run, "no view any more"
    assert "ETA" in capsys.readouterr().out


def test_what_cannot_read_a_model_of_keras_2_names_it_and_says_what_to_do():
    # A stand-in: the module's name is what counts.
    sequential = type("Sequential", (), {"__module__": "tf_keras.src.engine.sequential"})
    with pytest.raises(TypeError, match=r"Keras 2 \(tf_keras\.Sequential\).*model\.summary\(\)"):
        kw.summary(sequential())
