"""Test that the source of a replay trains a model to the same bits as the run that was steered."""

import hashlib
import subprocess
import sys

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.record.replay.of_run import replay_run
from kwidgets.record.run_file import folder, writer

BATCHES = 8
slow = pytest.mark.slow("the other tests replay fits")


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).random((32 * BATCHES, 6), dtype="float32")
    return x, (x.sum(axis=1) > 3).astype("int32")


def make_model(optimizer=None, **compile_arguments):
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dropout(0.2), keras.layers.Dense(2, "softmax")]
    )
    model.compile(
        optimizer or keras.optimizers.Adam(0.003),
        "sparse_categorical_crossentropy",
        **compile_arguments,
    )
    return model


class Acts(keras.callbacks.Callback):
    """Calls functions at (hook, epoch, batch), and before the batch that follows."""

    def __init__(self, acts):
        super().__init__()
        self.acts = acts

    def call(self, hook, batch=0):
        for act in self.acts.get((hook, self.epoch, batch), ()):
            act()

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self.call("begin")

    def on_train_batch_begin(self, batch, logs=None):
        self.call("batch", batch)

    def on_test_batch_begin(self, batch, logs=None):
        self.call("test", batch)

    def on_epoch_end(self, epoch, logs=None):
        self.call("end")


def bits(model):
    digest = hashlib.sha256()
    for variable in [*model.variables, *model.optimizer.variables]:
        digest.update(np.asarray(keras.ops.convert_to_numpy(variable.value)).tobytes())
    return digest.hexdigest()


def latest_source(runs):
    for open_writer in list(writer._open_writers):
        assert open_writer.wait(20)
    return replay_run(max(runs.glob("*.sqlite"), key=lambda path: path.stat().st_mtime_ns))


def definitions(source, tmp_path):
    """Return what the source defines, checked by Ruff."""
    path = tmp_path / "replay.py"
    path.write_text(source, encoding="utf-8")
    for check in (["format", "--check"], ["check"]):
        subprocess.run(
            [sys.executable, "-m", "ruff", *check, "--isolated", "--no-cache", path], check=True
        )
    assert "kwidgets" not in "".join(
        line for line in source.splitlines() if not line.lstrip().startswith("#")
    )
    namespace = {}
    exec(compile(source, "replay.py", "exec"), namespace)
    return namespace


def test_rates_and_a_stop_are_replayed_to_the_bit(runs, data, tmp_path, recwarn):
    live = kw.LivePlot()
    acts = {
        ("begin", 0, 0): [lambda: live.set_learning_rate(0.1)],
        ("batch", 0, 3): [lambda: live.set_learning_rate(0.017), live.pause, live.resume],
        ("test", 0, 0): [lambda: live.set_learning_rate(0.2)],
        ("begin", 1, 0): [lambda: live.set_learning_rate(1 / 3)],
        ("end", 1, 0): [lambda: live.set_learning_rate(0.05)],
        ("batch", 3, 5): [lambda: live.set_learning_rate(0.3), live.stop],
    }

    def others():
        # Both set the rate in hooks in which we do too.
        return [
            keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=9),
            keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        ]

    fit = {"epochs": 6, "validation_split": 0.25, "verbose": 0}
    model = make_model()
    model.fit(*data, callbacks=[Acts(acts), *others(), live], **fit)
    source = latest_source(runs)
    assert "0.33333334," in source and "stop=(3, 5)" in source
    replay = definitions(source, tmp_path)["replay"]

    again = make_model()
    again.fit(*data, callbacks=[*others(), replay], **fit)
    plain = make_model()
    plain.fit(*data, callbacks=others(), **fit)
    assert bits(again) == bits(model) != bits(plain)
    assert again.history.history == model.history.history
    assert not [each for each in recwarn if "not replayed" in str(each.message)]
    # With larger batches, the fit is never at some of the places.
    with pytest.warns(UserWarning, match=r"not replayed.*\(3, 5\)"):
        make_model().fit(*data, batch_size=256, callbacks=[replay], **fit)


@pytest.mark.parametrize("scaled", [False, pytest.param(True, marks=slow)])
def test_a_schedule_is_overridden_alike(runs, data, tmp_path, scaled):
    schedule = keras.optimizers.schedules.CosineDecay(0.05, 40)

    def optimizer(rate):
        adam = keras.optimizers.Adam(rate)
        return keras.optimizers.LossScaleOptimizer(adam, initial_scale=2.0**127) if scaled else adam

    # The first steps overflow, and are no iterations.
    weights = {"loss_weights": [8.0]} if scaled else {}

    live = kw.LivePlot()
    acts = {
        ("batch", 0, 5): [lambda: live.set_learning_rate(0.3)],
        ("batch", 1, 2): [live.follow_schedule],
        ("end", 1, 0): [lambda: live.set_learning_rate(0.007)],
        ("batch", 2, 1): [lambda: live.set_learning_rate(0.2)],
    }
    model = make_model(optimizer(schedule), **weights)
    for epochs in (3, 2):  # the end of the first fit ends the hold
        model.fit(*data, epochs=epochs, callbacks=[Acts(acts), live], verbose=0)
        acts = {("batch", 0, 5): [lambda: live.set_learning_rate(0.01), live.stop]}
    source = latest_source(runs)
    found = definitions(source, tmp_path)
    digests = []
    for rate in (found["hold"](schedule), schedule):
        again = make_model(optimizer(rate), **weights)
        again.fit(*data, epochs=3, verbose=0)
        again.fit(*data, epochs=2, callbacks=[found["replay_2"]], verbose=0)
        digests.append(bits(again))
    assert digests[0] == bits(model) != digests[1]


@slow
def test_the_schedule_of_a_replay_can_be_saved(runs, data, tmp_path):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.5)
    live = kw.LivePlot()
    acts = {("batch", 0, 5): [lambda: live.set_learning_rate(0.3)]}
    make_model(keras.optimizers.SGD(schedule)).fit(*data, callbacks=[Acts(acts), live], verbose=0)
    found = definitions(latest_source(runs), tmp_path)
    held = found["hold"](schedule)
    copy = type(held).from_config(held.get_config())
    for step in (0, 4, 5, 9):
        assert float(copy(step)) == float(held(step))
    assert float(held(4)) == float(schedule(4))
    assert float(held(5)) == np.float32(0.3)


@slow
def test_an_interrupt_is_replayed_as_a_stop(runs, data, tmp_path):
    def interrupt():
        live._run._interrupt.requested = True

    for place, act in ((("batch", 1, 3), interrupt), (("begin", 1, 0), interrupt)):
        live = kw.LivePlot()
        model = make_model()
        with pytest.raises(KeyboardInterrupt):
            model.fit(*data, epochs=3, callbacks=[Acts({place: [act]}), live], verbose=0)
        source = latest_source(runs)
        assert "interrupted (Ctrl-C)" in source
        again = make_model()
        replay = definitions(source, tmp_path)["replay"]
        again.fit(*data, epochs=3, callbacks=[replay], verbose=0)
        assert bits(again) == bits(model)


@slow
@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras refuses it there")
def test_several_steps_per_execution_are_noted(runs, data, tmp_path):
    live = kw.LivePlot()
    acts = {("batch", 1, 4): [lambda: live.set_learning_rate(0.2), live.stop]}
    model = make_model(steps_per_execution=4)
    model.fit(*data, epochs=3, callbacks=[Acts(acts), live], verbose=0)
    source = latest_source(runs)
    assert "steps_per_execution=4" in source
    again = make_model(steps_per_execution=4)
    again.fit(*data, epochs=3, callbacks=[definitions(source, tmp_path)["replay"]], verbose=0)
    assert bits(again) == bits(model)
