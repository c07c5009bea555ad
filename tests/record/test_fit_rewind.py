"""Test that a running fit is rewound to its checkpoints, as a branch."""

import json
import shutil
import sqlite3

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.live.page.fits_table import fits_table
from kwidgets.live.page.status_labels import epoch_label
from kwidgets.live.run import fit_run
from kwidgets.live.training_thread import pace
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.record.run_file import folder, writer

BATCHES = 10


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "runs"))
    monkeypatch.setattr(fit_run, "SAMPLE_SECONDS", 0.0)
    monkeypatch.setattr(pace, "MAX_INTERVAL_SECONDS", 0.0)
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).random((BATCHES * 32, 8), dtype="float32")
    return x, x.sum(axis=1, keepdims=True)


def make_model(width=8):
    keras.utils.set_random_seed(7)
    layers = [keras.Input((8,)), keras.layers.Dense(width, "tanh"), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


class Steer(keras.callbacks.Callback):
    """Calls functions before batches, and keeps the weights and replies at each of them."""

    def __init__(self, live, acts):
        super().__init__()
        self.live, self.acts = live, acts
        self.weights, self.replies = {}, []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        self.weights[self.epoch, batch] = self.model.get_weights()
        if act := self.acts.get((self.epoch, batch)):
            act(self)

    def checkpoint(self, label):
        self.submit("checkpoint", text=label)

    def submit(self, kind, value=None, text=""):
        reply = lambda *reply: self.replies.append(reply)  # noqa: E731
        self.live._run.submit(Command(kind, value=value, text=text, reply=reply))


def wait_for_checkpoints(steer):
    """Wait until the checkpoints are on disk: only those can be rewound to."""
    for observer in steer.live._run.observers._observers:
        taker = getattr(observer, "_taker", None)
        if taker is not None:
            taker.wait(30)


def rewind(value=None, text=""):
    def act(steer):
        wait_for_checkpoints(steer)
        steer.submit("rewind", value=value, text=text)

    return act


def fit(data, acts, epochs=3, callbacks=(), model=None):
    """Steer before our callback, so that a command takes effect before the same batch."""
    model, live = model or make_model(), kw.LivePlot()
    steer, after = Steer(live, acts), Steer(live, {})
    callbacks = [steer, live, after, *callbacks]
    history = model.fit(*data, epochs=epochs, callbacks=callbacks, verbose=0)
    for each in list(writer._open_writers):
        assert each.wait(20)
    return live, steer, after, history


def values_of(runs):
    files = [sqlite3.connect(path) for path in sorted(runs.glob("*.sqlite"))]
    values = [
        {key: json.loads(value) for key, value in file.execute("SELECT * FROM run")}
        for file in files
    ]
    return sorted(zip(values, files, strict=True), key=lambda pair: pair[0]["created"])


def test_the_state_of_the_checkpoint_is_restored_and_training_goes_on_as_a_branch(data, runs):
    acts = {
        (0, 5): lambda steer: steer.checkpoint("here"),
        (1, 8): rewind(text="here"),
    }
    live, steer, after, history = fit(data, acts)
    assert [reply for reply in steer.replies if not reply[0]] == []
    for one, other in zip(steer.weights[0, 5], after.weights[1, 8], strict=True):
        np.testing.assert_array_equal(one, other)
    # All axes go on from the checkpoint; Keras's epochs count on.
    assert live.history["step"].tolist() == [7, 17]
    assert live.history.batches["step"][-1] == 17
    assert (np.diff(live.history.batches["step"]) > 0).all()
    assert (np.diff(live.history.batches["epoch"]) > 0).all()
    assert (np.diff(live.history.batches["seconds"]) >= 0).all()
    assert len(history.history["loss"]) == 3
    # The branch is a run of its own.
    (parent, of_parent), (branch, of_branch) = values_of(runs)
    assert parent["state"] == "stopped"
    assert branch["parent"] == {"run": parent["id"], "step": 5, "how": "rewind"}
    assert branch["state"] == "finished"
    assert parent["progress"]["step"] == 18
    # Its own last values, of the epoch after the rewind point.
    assert kw.runs[-2].last["loss"] == pytest.approx(history.history["loss"][0])
    assert of_parent.execute("SELECT max(step) FROM point").fetchone() == (18,)
    steps = [step for (step,) in of_branch.execute("SELECT step FROM point ORDER BY id")]
    assert steps == sorted(steps)
    assert steps[0] < 5 < steps[-1] == 17
    assert np.isfinite(kw.runs[-1].history["loss"]).all()


def test_the_view_keeps_the_earlier_curve(data):
    acts = {(0, 5): lambda steer: steer.checkpoint("here"), (1, 8): rewind(text="here")}
    live, *_ = fit(data, acts)
    bundle = live._run.bundle()["application/vnd.kwidgets.live+json"]["payload"]
    assert bundle["run"]["branch_of"] == 1
    assert bundle["run"]["fit"] == 2
    (earlier,) = bundle["earlier"]
    assert "Rewound to step 5" in earlier["summary"]
    # Rewound from 1.8 to 0.5 epochs: the last one ends at 1.7, and is called the second everywhere.
    assert "epoch 2 of 2 (Keras: 3 of 3)" in live._run.view.summary()
    assert "2 of 2" in fits_table([bundle])
    assert epoch_label(bundle["run"], 3).startswith("epoch 2 of 2")
    info = kw.runs[-1].info
    assert (info.finished_epochs, info.all_epochs) == (2, 2)
    texts = [mark["text"] for mark in live.history.marks]
    assert texts[-1] == "Rewound to step 5: Checkpoint “here”"


def test_a_branch_that_was_left_can_be_returned_to(data, runs):
    acts = {
        (0, 5): lambda steer: steer.checkpoint("here"),
        (1, 8): rewind(value=5),
        (2, 4): rewind(value=18),
    }
    live, steer, after, _ = fit(data, acts)
    assert [reply for reply in steer.replies if not reply[0]] == []
    for one, other in zip(steer.weights[1, 8], after.weights[2, 4], strict=True):
        np.testing.assert_array_equal(one, other)
    # The curve up to there is that of the first branch, with the end of its first epoch.
    assert live.history["step"].tolist() == [10, 24]
    assert [values["parent"] and values["parent"]["step"] for values, _ in values_of(runs)] == [
        None,
        5,
        18,
    ]


def test_early_stopping_goes_back_and_history_counts_on(data):
    stopping = keras.callbacks.EarlyStopping("loss", min_delta=1e9, patience=9)
    waits = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: waits.append(stopping.wait))
    acts = {(1, 5): lambda steer: steer.checkpoint(""), (3, 5): rewind()}
    _, _, _, history = fit(data, acts, epochs=5, callbacks=[stopping, note])
    assert waits == [0, 1, 2, 1, 2]
    assert history.epoch == [0, 1, 2, 3, 4]


def test_the_metrics_of_the_epoch_are_those_of_the_branch(data):
    acts = {(0, 5): lambda steer: steer.checkpoint("a"), (1, 8): rewind(text="a")}
    live, *_ = fit(data, acts, epochs=2)
    batches = live.history.batches
    branch = batches["step"] > 5
    mean = np.average(batches["mean/loss"][branch], weights=np.diff([5, *batches["step"][branch]]))
    assert live.history["loss"][-1] == pytest.approx(mean, rel=1e-5)


def test_a_branch_can_be_resumed(data, runs):
    acts = {
        (0, 5): lambda steer: steer.checkpoint("here"),
        (1, 8): rewind(text="here"),
        (2, 4): lambda steer: steer.submit("stop"),
    }
    first, *_ = fit(data, acts)
    assert first.status == "stopped"
    model, live = make_model(), kw.LivePlot(resume=kw.runs[-1])
    model.fit(*data, epochs=3, callbacks=[live], verbose=0)
    batches = live.history.batches
    assert batches["step"][-1] == 5 + 2 + 10
    assert batches["epoch"][-1] == pytest.approx(1.7)
    for axis in ("step", "epoch"):
        assert (np.diff(batches[axis]) > 0).all()


@pytest.mark.parametrize("has_start", [True, False])
def test_a_branch_without_a_later_checkpoint_begins_again_at_its_start(data, runs, has_start):
    def change(steer):
        steer.checkpoint("here")
        steer.submit("set_learning_rate", value=0.5)

    acts = {
        (0, 5): change,
        (1, 8): rewind(text="here"),
        (2, 4): lambda steer: steer.submit("stop"),
    }
    fit(data, acts)
    branch = kw.runs[-1]
    for checkpoint in branch.checkpoints:
        if not (has_start and checkpoint.reason == "start"):
            shutil.rmtree(checkpoint.folder)
    live = kw.LivePlot(resume=branch)
    make_model().fit(*data, epochs=3, callbacks=[live], verbose=0)
    resumed = kw.runs[-1]
    assert resumed.parent == {"run": branch.id, "step": 5, "how": "resume"}
    marks = [mark["text"] for mark in live.history.marks]
    assert not any(text.startswith("Learning rate") for text in marks), marks
    assert live.history.batches["step"][-1] == 5 + (2 + 10 if has_start else 5 + 20)
    notes = " ".join(live._run.state.extras.notes)
    assert "It begins again at its start: epoch 1, batch 5." in notes
    # It has trained the next data from there, which only its own checkpoint has.
    assert ("Resumed exactly" in notes) is has_start
    assert "Not resumed exactly" not in notes


def test_a_new_fit_starts_from_a_chosen_checkpoint_of_a_finished_run(data, runs):
    acts = {
        (0, 5): lambda steer: steer.checkpoint("a"),
        (1, 5): lambda steer: steer.checkpoint("b"),
    }
    _, steer, _, _ = fit(data, acts, epochs=2)
    wait_for_checkpoints(steer)
    run = kw.runs[-1]
    chosen = next(each for each in run.checkpoints if each.label == "a")
    model, live = make_model(), kw.LivePlot(resume=chosen)
    begun = Steer(live, {})
    model.fit(*data, epochs=2, callbacks=[live, begun], verbose=0)
    assert next(iter(begun.weights)) == (0, 5)
    for one, other in zip(steer.weights[0, 5], begun.weights[0, 5], strict=True):
        np.testing.assert_array_equal(one, other)
    assert kw.runs[-1].parent == {"run": run.id, "step": 5, "how": "resume"}


@pytest.mark.parametrize(
    ("value", "text", "reason"),
    [
        (None, "", "There is no checkpoint yet."),
        (None, "nowhere", "There is no checkpoint yet."),
    ],
)
def test_without_a_checkpoint_it_is_refused(data, value, text, reason, monkeypatch):
    # On a busy machine the first step takes as long as a fit that has automatic ones.
    monkeypatch.setattr("kwidgets.record.checkpoints.schedule.FIRST_AFTER_SECONDS", 1e9)
    _, steer, *_ = fit(data, {(0, 5): rewind(value=value, text=text)}, epochs=1)
    assert steer.replies == [(False, reason)]


def test_an_unknown_checkpoint_is_refused_with_those_that_there_are(data):
    acts = {(0, 5): lambda steer: steer.checkpoint("here"), (0, 8): rewind(value=3)}
    _, steer, *_ = fit(data, acts, epochs=1)
    assert steer.replies[-1] == (
        False,
        "There is no such checkpoint. There are: Checkpoint “here” (step 5)",
    )


def test_a_changed_architecture_is_refused_and_nothing_is_changed(data, monkeypatch):
    from kwidgets.record import fit_rewind

    other = make_model(width=9)
    other.optimizer.build(other.trainable_variables)
    read = fit_rewind.read_state_of

    def read_other(found):
        state = read(found)
        from kwidgets.record.checkpoints.training_state import read_state

        return read_state(other, state.epoch, state.batch)

    monkeypatch.setattr(fit_rewind, "read_state_of", read_other)
    acts = {(0, 5): lambda steer: steer.checkpoint("here"), (0, 8): rewind(text="here")}
    live, steer, after, _ = fit(data, acts, epochs=1)
    ok, reason = steer.replies[-1]
    assert not ok
    assert "The model has other variables than the checkpoint: model: " in reason
    for one, other in zip(steer.weights[0, 8], after.weights[0, 8], strict=True):
        np.testing.assert_array_equal(one, other)
    assert live.history["step"].tolist() == [10]


@pytest.mark.parametrize("wrong", [True, 1.5, ["here"]])
def test_rewind_takes_a_label_or_a_step(wrong):
    with pytest.raises(TypeError, match="a label, a step or None"):
        kw.LivePlot().rewind(wrong)
