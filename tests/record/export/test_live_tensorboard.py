"""Test that a training is written for TensorBoard while it runs."""

import sys
import time
import types

import pytest

import kwidgets as kw
from kwidgets.record.export import live_tensorboard
from kwidgets.record.recording import recording
from kwidgets.record.run_file import folder


def read(place, wanted):
    """Return the scalars of the only run once ``wanted`` says so, and its folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    until = time.monotonic() + 60
    while time.monotonic() < until:
        for train in place.glob("*/train"):
            events = EventAccumulator(str(train)).Reload()
            found = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"]}
            if wanted(found):
                return found
        time.sleep(0.02)
    raise AssertionError("TensorBoard has not got what it should")


def test_tensorboard_follows_a_training(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", types.ModuleType("notf"))
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "runs"))
    monkeypatch.setattr(live_tensorboard, "INTERVAL_SECONDS", 0.05)
    monkeypatch.setattr(recording, "tensorboard", tmp_path / "logs")
    # A loop of one's own needs no training.
    with kw.LiveLoop(epochs=2, name="my loop") as live:
        for epoch in live.epochs():
            for step in live.steps(3):
                live.log(loss=1.0 / (1 + step))
            live.log(val_loss=0.5)
            if epoch == 1:
                # Before the training ends; the last epoch may still get other values.
                read(tmp_path / "logs", lambda found: len(found.get("epoch_loss", ())) == 1)
    found = read(tmp_path / "logs", lambda found: len(found.get("epoch_loss", ())) == 2)
    assert [event.step for event in found["epoch_loss"]] == [0, 1]
    assert found["epoch_loss"][0].value == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
