"""Test what is recorded of real trainings."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.record.fit_facts.process import describe_process, is_alive
from kwidgets.record.recording import recording
from kwidgets.record.run_file import folder, writer
from kwidgets.record.run_file.reader import read_values


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).random((256, 8), dtype="float32")
    return x, (x.sum(axis=1) > 4).astype("int32")


def make_model():
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def wait_for_files():
    for open_writer in list(writer._open_writers):
        assert open_writer.wait(20)


def read(runs):
    """Return the values of each run, oldest first, with its file."""
    wait_for_files()
    files = [sqlite3.connect(path) for path in sorted(runs.glob("*.sqlite"))]
    values = [
        {key: json.loads(value) for key, value in file.execute("SELECT * FROM run")}
        for file in files
    ]
    return sorted(zip(values, files, strict=True), key=lambda pair: pair[0]["created"])


def test_a_fit_is_recorded_with_all_of_its_numbers(runs, data):
    model = make_model()
    live = kw.LivePlot()
    stopping = keras.callbacks.EarlyStopping(patience=9)
    history = model.fit(
        *data, epochs=2, validation_split=0.25, callbacks=[live, stopping], verbose=0
    )
    ((values, file),) = read(runs)
    assert values["progress"]["seconds"] == live._run.describe_progress()["elapsed_seconds"]
    assert values["state"] == "finished"
    assert values["ended"] >= values["created"]
    assert values["progress"] == {
        "epoch": 1, "batch": 6, "step": 12, "seconds": values["progress"]["seconds"],
        "epochs_rewound": 0,
    }  # fmt: skip
    epochs = file.execute("SELECT step, epoch, loss, val_loss, partial FROM epoch").fetchall()
    assert epochs == [
        (6, 1, history.history["loss"][0], history.history["val_loss"][0], 0),
        (12, 2, history.history["loss"][1], history.history["val_loss"][1], 0),
    ]
    points = file.execute("SELECT step, batches, loss FROM point").fetchall()
    assert points[-1][0] == 12
    assert sum(batches for _, batches, _ in points) == 12
    assert values["last"]["loss"]["validation"] == history.history["val_loss"][1]
    # What it is.
    assert values["model_config"]["class_name"] == "Sequential"
    assert values["compile_config"]["loss"] == "sparse_categorical_crossentropy"
    assert values["variables"][0][1:] == [[8, 2], "float32"]
    assert values["fit_arguments"]["epochs"] == 2
    (callback,) = values["fit_arguments"]["callbacks"]
    assert (callback["class"], callback["patience"]) == ("EarlyStopping", 9)
    assert values["data"]["x"]["shape"] == [192, 8]
    assert values["seeds"]["keras"] == 7
    assert values["versions"]["keras"] == keras.__version__


def test_other_data_has_another_fingerprint_and_the_same_has_the_same(runs, data):
    x, y = data
    changed = x.copy()
    changed[100, 3] += 1
    for inputs in (x, x.copy(), changed):
        make_model().fit(inputs, y, epochs=1, callbacks=[kw.LivePlot()], verbose=0)
    first, same, other = (values["data"]["x"] for values, _ in read(runs))
    assert first == same != other


def test_acts_are_recorded_with_the_batch_before_which_they_took_effect(runs, data):
    live = kw.LivePlot()

    class Act(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 3:
                live.set_learning_rate(0.25)
            if batch == 5:
                live.stop()

    make_model().fit(*data, epochs=3, callbacks=[Act(), live], verbose=0)
    ((values, file),) = read(runs)
    acts = file.execute('SELECT epoch, batch, "do", value, "by" FROM act').fetchall()
    assert acts == [(0, 3, "learning_rate", 0.25, "user"), (0, 5, "stop", 0.25, "user")]
    assert values["state"] == "stopped"
    assert [json.loads(text)["key"] for (text,) in file.execute("SELECT text FROM mark")] == [
        "Learning rate %1 → %2",
        "Stop",
    ]
    assert file.execute("SELECT partial FROM epoch").fetchall() == [(1,)]
    # The step that began is trained: the mark is where the curves, and the counts, end.
    (place,) = file.execute("SELECT step, epoch FROM mark ORDER BY id DESC LIMIT 1")
    assert place[0] == values["progress"]["step"] == 6
    assert place[1] == pytest.approx(file.execute("SELECT max(epoch) FROM point").fetchone()[0])


def test_a_fit_that_fails_and_one_that_diverges_say_so(runs, data):
    class Fail(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 3:
                raise RuntimeError("no more")

    live = kw.LivePlot()
    with pytest.raises(RuntimeError):
        make_model().fit(*data, callbacks=[live, Fail()], verbose=0)
    assert live.status == "failed"
    model = make_model()
    model.fit(data[0] * np.nan, data[1], epochs=1, callbacks=[kw.LivePlot()], verbose=0)
    (failed, _), (diverged, file) = read(runs)
    assert failed["state"] == "failed"
    assert diverged["diverged"] is True
    assert file.execute("SELECT loss FROM epoch").fetchall() == [("nan",)]


def test_a_further_fit_names_the_run_that_it_continues(runs, data):
    model = make_model()
    for _ in range(2):
        model.fit(*data, epochs=1, callbacks=[kw.LivePlot()], verbose=0)
    (first, _), (second, file) = read(runs)
    assert second["parent"] == {"run": first["id"], "step": 8, "how": "continued"}
    assert file.execute("SELECT step, epoch FROM epoch").fetchall() == [(16, 2)]


def test_a_loop_is_recorded(runs):
    with kw.LiveLoop(epochs=2, steps=3, name="my loop") as live:
        for _ in live.epochs():
            for step in live.steps():
                live.log(loss=1.0 / (1 + step))
            live.log(val_loss=0.5)
    ((values, file),) = read(runs)
    assert (values["kind"], values["model_name"], values["state"]) == (
        "loop",
        "my loop",
        "finished",
    )
    assert file.execute("SELECT step, val_loss FROM epoch").fetchall() == [(3, 0.5), (6, 0.5)]


def test_recording_can_be_switched_off(runs, data, monkeypatch):
    monkeypatch.setattr(recording, "_on", False)
    make_model().fit(*data, callbacks=[kw.LivePlot()], verbose=0)
    assert not runs.exists()
    monkeypatch.setattr(recording, "_on", None)
    monkeypatch.setenv(folder.VARIABLE, "off")
    make_model().fit(*data, callbacks=[kw.LivePlot()], verbose=0)
    assert not runs.exists()


def test_a_folder_that_cannot_be_made_is_a_notice_and_no_failure(tmp_path, monkeypatch, data):
    (tmp_path / "file").touch()
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "file" / "runs"))
    live = kw.LivePlot()
    history = make_model().fit(*data, epochs=2, callbacks=[live], verbose=0)
    assert len(history.history["loss"]) == 2
    (notice,) = live._run.describe_progress()["notices"]
    assert "This run is not being recorded" in notice["text"]
    assert live.history["loss"].tolist() == history.history["loss"]


class AtBatch(keras.callbacks.Callback):
    """Calls ``action`` before the third batch of the second epoch."""

    def __init__(self, action):
        super().__init__()
        self.action, self.epoch = action, -1

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == (1, 3):
            self.action()


def wait_until(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_file_says_again_and_again_that_its_process_lives(runs, data, monkeypatch):
    monkeypatch.setattr("kwidgets.record.fit_recorder.HEARTBEAT_SECONDS", 0.0)

    def heartbeat():
        (path,) = runs.glob("*.sqlite")
        return read_values(path, ["heartbeat"])["heartbeat"]

    def wait_for_the_next():
        first = heartbeat()
        wait_until(lambda: heartbeat() != first)

    callbacks = [kw.LivePlot(), AtBatch(wait_for_the_next)]
    make_model().fit(*data, epochs=2, callbacks=callbacks, verbose=0)


@pytest.mark.parametrize("noticed", ["while it trains", "at the end"])
def test_a_run_whose_folder_is_deleted_is_written_again(runs, data, monkeypatch, noticed):
    live = kw.LivePlot()

    def delete():
        live.set_learning_rate(0.01)
        (file,) = writer._open_writers
        wait_until(lambda: file._file is not None)
        shutil.rmtree(runs)
        if noticed == "while it trains":
            wait_until(lambda: file.deleted)

    callbacks = [AtBatch(delete), live]
    history = make_model().fit(*data, epochs=4, callbacks=callbacks, verbose=0)
    ((values, file),) = read(runs)
    assert values["state"] == "finished"
    assert file.execute("SELECT loss FROM epoch").fetchall() == [
        (loss,) for loss in history.history["loss"]
    ]
    steps = [step for (step,) in file.execute("SELECT step FROM point")]
    assert steps == sorted(set(steps)) and steps[-1] == 32
    assert file.execute('SELECT "do" FROM act').fetchall() == [("learning_rate",)]
    notices = [each["text"] for each in live._run.describe_progress()["notices"]]
    (notice,) = [text for text in notices if "deleted" in text]
    assert str(runs) in notice
    assert sorted(os.listdir(runs)) == [".gitignore", f"{values['id']}.sqlite"]


def test_where_no_folder_can_be_made_the_view_says_why_and_training_continues(
    tmp_path, data, monkeypatch, caplog
):
    (tmp_path / "file").touch()
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "file" / "runs"))
    live = kw.LivePlot(resume=True)
    assert make_model().fit(*data, epochs=1, callbacks=[live], verbose=0).epoch == [0]
    notices = live._run.describe_progress()["notices"]
    (warning,) = [each["text"] for each in notices if each["level"] == "warning"]
    assert warning.startswith("This run is not being recorded: ") and "file" in warning
    assert not any(record.exc_info for record in caplog.records)


def test_a_process_that_is_gone_is_recognized():
    here = describe_process()
    assert is_alive(here)
    assert not is_alive(here | {"started": here["started"] - 1})
    assert not is_alive(here | {"boot_id": "of another boot"})
    assert is_alive(here | {"host": "elsewhere"}) is None
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    pid = process.pid
    process.wait()
    assert not is_alive(here | {"pid": pid})


def test_a_script_that_ends_at_once_has_its_run(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        "import kwidgets as kw\n"
        "with kw.LiveLoop() as live:\n"
        "    for i in live.steps(3):\n"
        "        live.log(loss=i)\n"
    )
    began = time.time()
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, env=_environment())
    ((values, file),) = read(tmp_path / ".kwidgets" / "runs")
    assert values["state"] == "finished"
    assert values["script"] == str(script)
    assert values["created"] >= began - 1
    assert file.execute("SELECT count(*) FROM epoch").fetchone() == (1,)


def _environment():
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    environment.pop(folder.VARIABLE, None)
    environment.pop("JPY_SESSION_NAME", None)
    return environment
