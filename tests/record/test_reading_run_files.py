import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from kwidgets.language import message
from kwidgets.record.run_file.numbers import read_points
from kwidgets.record.run_file.open_file import UnreadableRunError
from kwidgets.record.run_file.reader import read_info
from kwidgets.record.run_list import RunFiles
from kwidgets.record.run_numbers import load_history, load_store
from tests.record.run_files import RUNNING, write_run


def break_file(path, what):
    """Damage a run file in one of the ways that disks and users do."""
    if what == "empty":
        path.write_bytes(b"")
    elif what == "cut":
        path.write_bytes(path.read_bytes()[:9000])
    elif what == "another kind of file":
        path.write_bytes(b"loss,accuracy\n" * 1000)
    elif what == "another program's":
        path.unlink()
        with sqlite3.connect(path) as file:
            file.execute("CREATE TABLE songs (title)")
    elif what == "newer":
        with sqlite3.connect(path) as file:
            file.execute("PRAGMA user_version = 2")
    elif what == "without a run":
        with sqlite3.connect(path) as file:
            file.execute("DELETE FROM run")
    elif what == "not JSON":
        with sqlite3.connect(path) as file:
            file.execute("UPDATE run SET value = '{' WHERE key = 'best'")


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("empty", "empty"),
        ("cut", "damaged"),
        ("another kind of file", "not an SQLite database"),
        ("another program's", "another program"),
        ("newer", "newer kwidgets"),
        ("without a run", "no run in it"),
        ("not JSON", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_listed_with_the_reason(tmp_path, what, reason):
    write_run(tmp_path, "good")
    broken = write_run(tmp_path, "broken")
    break_file(broken, what)
    listing = RunFiles().list_folders([tmp_path])
    assert [run.id for run in listing.runs] == ["good"]
    (unreadable,) = listing.unreadable
    assert unreadable.path == broken
    assert reason in unreadable.reason


def test_values_of_unexpected_types_are_left_out(tmp_path):
    path = write_run(
        tmp_path, "odd", best={"loss": 3, "acc": {"split": "test"}}, tags=[1, "a"], last=[], name=7
    )
    info = read_info(path)
    assert (info.best, info.tags, info.last, info.name) == ({}, ("a",), {}, "")


def test_a_run_whose_process_is_gone_has_died(tmp_path):
    write_run(tmp_path, "alive", **RUNNING)
    gone = {**RUNNING["process"], "started": 1.0}
    write_run(tmp_path, "gone", **{**RUNNING, "process": gone})
    write_run(tmp_path, "rebooted", **{**RUNNING, "process": {**gone, "boot_id": "before"}})
    states = {run.id: run.state for run in RunFiles().list_folders([tmp_path]).runs}
    assert states == {"alive": "running", "gone": "died", "rebooted": "died"}


def test_a_run_of_another_computer_without_a_sign_of_life_has_died(tmp_path, monkeypatch):
    remote = {**RUNNING, "process": {**RUNNING["process"], "host": "elsewhere"}}
    now = time.time()
    write_run(tmp_path, "alive", **remote, heartbeat=now)
    write_run(tmp_path, "dead", **remote, heartbeat=now - 1000)
    write_run(tmp_path, "silent", **remote)
    files = RunFiles()
    states = {run.id: run.state for run in files.list_folders([tmp_path]).runs}
    assert states == {"alive": "running", "dead": "died", "silent": "died"}
    # What was read before is not kept beyond its time.
    monkeypatch.setattr("kwidgets.record.run_file.reader.DEAD_AFTER_SECONDS", -1)
    assert {run.state for run in files.list_folders([tmp_path]).runs} == {"died"}


KILLED = """
import os, pathlib, signal, sqlite3, sys
from tests.record.run_files import write_run
path = write_run(pathlib.Path(sys.argv[1]), "killed", points=[])
file = sqlite3.connect(path, isolation_level=None)
file.execute("PRAGMA journal_mode=WAL")
file.execute("INSERT INTO point (step, batches) VALUES (1, 1)")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("writable", [True, False])
def test_the_log_of_a_killed_process_is_read(tmp_path, writable):
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    path = tmp_path / "killed.sqlite"
    if not writable:
        path.with_name("killed.sqlite-shm").unlink()
        if os.geteuid() == 0:
            pytest.skip("root may write into each folder")
        tmp_path.chmod(0o555)
    try:
        assert read_points(path, 10).axes["step"].tolist() == [1]
    finally:
        tmp_path.chmod(0o755)


def test_a_file_that_was_read_once_is_read_again_after_a_change(tmp_path):
    files = RunFiles()
    path = write_run(tmp_path, "a")
    assert files.list_folders([tmp_path]).runs[0].name == ""
    with sqlite3.connect(path) as file:
        file.execute("UPDATE run SET value = '\"new\"' WHERE key = 'name'")
    assert files.list_folders([tmp_path]).runs[0].name == "new"
    path.unlink()
    assert files.list_folders([tmp_path]).runs == ()


def test_a_copied_file_is_the_same_run(tmp_path):
    original = write_run(tmp_path, "run")
    (tmp_path / "a copy.sqlite").write_bytes(original.read_bytes())
    (run,) = RunFiles().list_folders([tmp_path]).runs
    assert run.path == original


def many_points(count, value):
    return [(3 * i, i / 10, i * 0.5, 1 + i % 4, {"loss": value(i)}) for i in range(1, count + 1)]


def test_points_are_combined_as_means_over_batches(tmp_path):
    rng = random.Random(1)
    values = {i: rng.random() for i in range(1, 1001)}
    values[10], values[700] = math.nan, math.inf
    path = write_run(tmp_path, "long", points=many_points(1000, values.get))
    points = read_points(path, 100, with_extremes=True)
    assert points.width == 16
    assert len(points.mean["loss"]) == 63
    spans = [list(range(start, min(start + 16, 1001))) for start in range(1, 1001, 16)]
    for row, span in enumerate(spans):
        known = [i for i in span if not math.isnan(values[i])]
        weights = [1 + i % 4 for i in known]
        mean = np.average([values[i] for i in known], weights=weights)
        np.testing.assert_allclose(points.mean["loss"][row], mean)
        assert points.lowest["loss"][row] == min(values[i] for i in known)
        assert points.highest["loss"][row] == max(values[i] for i in known)
        assert points.axes["step"][row] == 3 * span[-1]
        assert points.batches[row] == sum(1 + i % 4 for i in span)


def test_a_metric_that_comes_late_has_means_of_its_own_batches(tmp_path):
    points = many_points(64, lambda i: 1.0)
    for i in (3, 4, 40):
        points[i - 1][-1]["auc"] = float(i)
    path = write_run(tmp_path, "late", points=points)
    auc = read_points(path, 2).mean["auc"]
    # Batches of sample 3 and 4: 4 and 1.
    assert auc.tolist() == [(3 * 4 + 4 * 1) / 5, 40.0]


def test_the_history_is_that_of_the_training(tmp_path):
    text = message("Learning rate set to %1", "0.01")
    path = write_run(tmp_path, "a", marks=[("user", text, 2, 1.0, 30.0)])
    history = load_history(read_info(path))
    assert history["val_loss"].tolist() == [0.5, 0.3]
    assert history["epoch"].tolist() == [0, 1]
    assert history.batches["mean/accuracy"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert history.marks[0]["text"] == "Learning rate set to 0.01"


def test_nan_of_an_epoch_is_a_value(tmp_path):
    logs = {"loss": math.nan, "val_loss": 1.0}
    path = write_run(tmp_path, "a", epochs=[(2, 1, 1.0, 0, logs), (4, 2, 2.0, 1, {"loss": 2.0})])
    store = load_store(read_info(path))
    epochs = store.epoch.view(10).columns
    assert epochs["nan/training/loss"][0] == 1
    assert np.isnan(epochs["validation/loss"][1]) and epochs["partial"][1] == 1


def test_metrics_with_names_of_columns_and_quotes(tmp_path):
    logs = {"step": 1.0, "STEP": 2.0, 'a "b"': 3.0}
    path = write_run(
        tmp_path,
        "a",
        points=[(1, 1.0, 1.0, 1, logs)] * 3,
        epochs=[(1, 1, 1.0, 0, logs)],
        metrics=[],
    )
    for rows in (1, 10):
        mean = read_points(path, rows).mean
        assert {name: values[-1] for name, values in mean.items()} == logs
    assert load_history(read_info(path)).epochs['a "b"'].tolist() == [3.0]


def test_a_deleted_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(UnreadableRunError, match="No such file"):
        read_info(tmp_path / "gone.sqlite")
