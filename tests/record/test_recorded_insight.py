"""What a run file keeps of predictions, layers and data, read as the page of a dead kernel does."""

import base64
import json
import threading
import time

import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.record import fit_recorder, protocol
from kwidgets.record.page.request_handler import RequestHandler
from kwidgets.record.run_file import folder, writer
from kwidgets.record.run_file.reader import read_insight

RANDOM = np.random.default_rng(0)
EPOCHS = 4


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def data():
    x = RANDOM.random((300, 12, 12)).astype("float32")
    return x, (x[:, 0, 0] * 10).astype("int32")


def make_model():
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [keras.Input((12, 12)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def only_file(runs):
    for open_writer in list(writer._open_writers):
        assert open_writer.wait(20)
    (path,) = runs.glob("*.sqlite")
    return path


def named(parts, name):
    return [part[name] for part in parts if part["part"] == name]


def test_a_finished_run_has_the_tabs_of_its_live_view(runs, data):
    model = make_model()
    live = kw.LivePlot()
    model.fit(*data, epochs=EPOCHS, validation_split=0.3, callbacks=[live], verbose=0)
    parts = read_insight(only_file(runs))
    assert len(json.dumps(parts, allow_nan=False)) <= 100_000
    epochs = named(parts, "predictions")
    assert [epoch["epoch"] for epoch in epochs][-1] == EPOCHS
    assert {epoch["epoch"] for epoch in epochs} == set(range(1, EPOCHS + 1))
    for epoch in epochs:
        assert epoch["epochs"] == list(range(1, EPOCHS + 1))
        counts = np.frombuffer(base64.b64decode(epoch["details"]["confusion"]["counts_u32"]), "<u4")
        live_counts = live.predictions[epoch["epoch"]].confusion
        assert counts.tolist() == live_counts.ravel().tolist()
    best = live.predictions.best_epoch()
    for epoch in epochs:
        is_short = epoch["epoch"] not in (best, EPOCHS)
        assert bool(epoch["details"]["mistakes"]) is not is_short
        assert not is_short or len(json.dumps(epoch)) <= 3_000
    # The pictures of the mistakes.
    (pictures,) = named(parts, "pictures")
    assert {each["looks"]["picture"] for each in epochs[-1]["details"]["mistakes"]} <= set(pictures)
    (layers,) = named(parts, "layers")
    assert [layer["class_name"] for layer in layers["layers"]] == ["Dense"]
    (about_data,) = named(parts, "data")
    assert about_data["balance"]["training"] and about_data["samples"] == []


def test_a_killed_kernel_leaves_what_was_known(runs, data, monkeypatch):
    monkeypatch.setattr(fit_recorder, "INSIGHT_SECONDS", 0.0)
    found = []

    class Kill(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            until = time.monotonic() + 20
            while epoch == 2 and not found and time.monotonic() < until:
                for path in runs.glob("*.sqlite"):
                    known = [each["epoch"] for each in named(read_insight(path), "predictions")]
                    found.extend([known] if 2 in known else [])
                # Another thread writes.
                threading.Event().wait(0.02)

    model = make_model()
    callbacks = [kw.LivePlot(), Kill()]
    model.fit(*data, epochs=3, validation_split=0.3, callbacks=callbacks, verbose=0)
    assert found == [[1, 2]]


def test_a_page_gets_it_once_as_the_only_fit_of_its_run(runs, data):
    model = make_model()
    for _ in range(2):
        # The second one is fit 2 of the view in its cell.
        model.fit(*data, epochs=1, validation_split=0.3, callbacks=[kw.LivePlot()], verbose=0)
    for open_writer in list(writer._open_writers):
        assert open_writer.wait(20)
    handler = RequestHandler()
    for path in runs.glob("*.sqlite"):
        request = {"run": path.stem, "seen": ""}
        answer = handler.answer(protocol.RUN_INSIGHT, request)
        assert answer["ok"]
        parts = answer["value"]["parts"]
        assert {part["fit"] for part in parts} == {1}
        seen = {"run": path.stem, "seen": answer["value"]["seen"]}
        again = handler.answer(protocol.RUN_INSIGHT, seen)
        assert again["value"]["parts"] is None


def test_what_is_recorded_changes_no_weight(runs, data, monkeypatch):
    monkeypatch.setattr(fit_recorder, "INSIGHT_SECONDS", 0.0)
    weights = []
    for callbacks in ([], [kw.LivePlot()]):
        model = make_model()
        arguments = {"epochs": 2, "validation_split": 0.3, "verbose": 0}
        model.fit(*data, callbacks=callbacks, **arguments)
        weights.append(model.get_weights())
    assert all(np.array_equal(*pair) for pair in zip(*weights, strict=True))
