"""Test the thread that writes a run file: nothing is lost but the last moment."""

import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from kwidgets.record.run_file import schema
from kwidgets.record.run_file.writer import RunWriter
from tests.record.run_files import write_run

AXES = {"step": 1, "epoch": 0.5, "seconds": 0.1, "batches": 4}


@pytest.fixture
def problems():
    return []


@pytest.fixture
def writer(tmp_path, problems):
    writer = RunWriter(tmp_path / "run.sqlite", problems.append)
    yield writer
    writer.close()
    assert writer.wait(10)


def close_and_open(writer):
    writer.close()
    assert writer.wait(10)
    return sqlite3.connect(writer.path)


def test_numbers_are_in_columns_that_other_programs_read(writer):
    writer.add_numbers("point", AXES, {"loss": 0.5, "Loss": 1.5, "step": 7.0})
    writer.add_numbers("point", AXES, {"loss": math.nan, "mean io\0u": math.inf})
    file = close_and_open(writer)
    columns = dict(file.execute("SELECT name, column_name FROM metric").fetchall())
    assert columns == {
        "loss": "loss",
        "Loss": "Loss 2",  # SQLite compares names without case
        "step": "step 2",  # ours
        "mean io\0u": "mean iou",
    }
    assert file.execute("SELECT epoch, seconds FROM point").fetchall() == [(0.5, 0.1)] * 2
    rows = file.execute('SELECT loss, "Loss 2", "step 2", "mean iou" FROM point').fetchall()
    assert rows == [(0.5, 1.5, 7.0, None), ("nan", None, None, math.inf)]
    assert math.isnan(schema.read_number(rows[1][0]))


def test_a_point_with_five_metrics_takes_at_most_seventy_bytes(tmp_path):
    values = [{f"metric {i}": 1 / (n + i + 3) for i in range(5)} for n in range(5_000)]
    points = [(3 * n + 3_000_000, 900 + n / 7, 1e5 + n / 7, 3, values[n]) for n in range(5_000)]
    empty = write_run(tmp_path, "empty", points=[]).stat().st_size
    assert write_run(tmp_path, "full", points=points).stat().st_size - empty <= 70 * len(points)


@pytest.mark.parametrize("compact", [True, False])
def test_axes_are_stored_as_whole_numbers_where_sqlite_can_compute_columns(compact):
    stored = schema.stored_axes("point", {**AXES, "epoch": 1 / 3}, compact)
    whole = {"step": 1, "epoch_millionths": 333_333, "milliseconds": 100, "batches": 4}
    assert stored == (whole if compact else {**AXES, "epoch": 1 / 3})


def test_a_closed_file_is_one_file_of_ours(writer, tmp_path):
    writer.set_values({"name": "é\u2028", "tags": ["a"]})
    file = close_and_open(writer)
    assert os.listdir(tmp_path) == ["run.sqlite"]
    assert file.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
    assert file.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    assert file.execute("SELECT value FROM run WHERE key = 'tags'").fetchone() == ('["a"]',)


def test_the_last_epoch_gets_other_values(writer):
    axes = {"step": 1, "epoch": 1, "seconds": 0.1, "partial": 0}
    writer.add_numbers("epoch", axes, {"loss": 1.0})
    writer.add_numbers("epoch", axes, {"loss": 2.0})
    writer.replace_last_epoch({"loss": 3.0, "mine": 4.0})
    rows = close_and_open(writer).execute("SELECT loss, mine FROM epoch").fetchall()
    assert rows == [(1.0, None), (3.0, 4.0)]


def test_what_can_never_be_written_is_left_out(writer, problems):
    writer.set_values({"before": 1})
    # SQLite has 2,000 columns at most.
    writer.add_numbers("point", AXES, {f"metric {i}": 1.0 for i in range(2100)})
    writer.add_numbers("point", AXES, {"metric 1": 2.0, "\ud800": 3.0})
    writer.add_row("mark", {"no such column": 1})
    writer.set_values({"after": "\ud800"})
    file = close_and_open(writer)
    assert file.execute("SELECT key FROM run ORDER BY key").fetchall() == [("after",), ("before",)]
    assert file.execute('SELECT "metric 1" FROM point').fetchall() == [(1.0,), (2.0,)]
    assert file.execute("SELECT count(*) FROM metric").fetchone() == (1993,)
    (problem,) = problems
    assert "too many columns" in problem


def test_the_end_of_a_run_is_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr("kwidgets.record.run_file.writer._BUSY_SECONDS", 0.05)
    monkeypatch.setattr("kwidgets.record.run_file.writer.RETRY_SECONDS", 0.01)
    refused = threading.Event()
    writer = RunWriter(tmp_path / "run.sqlite", lambda problem: problem and refused.set())
    writer.set_values({"a": 1})
    other = sqlite3.connect(writer.path, timeout=10, isolation_level=None)
    while not other.execute("SELECT 1 FROM sqlite_master WHERE name = 'run'").fetchone():
        pass
    other.execute("BEGIN IMMEDIATE")
    writer.set_values({"b": 2})
    writer.close()
    assert refused.wait(10)
    other.execute("COMMIT")
    other.close()
    keys = close_and_open(writer).execute("SELECT key FROM run ORDER BY key").fetchall()
    assert keys == [("a",), ("b",)]


def test_a_folder_that_cannot_be_written_is_one_problem(tmp_path, monkeypatch):
    problems, reported = [], threading.Event()

    def report(problem):
        problems.append(problem)
        reported.set()

    monkeypatch.setattr("kwidgets.record.run_file.writer.RETRY_SECONDS", 0.01)
    writer = RunWriter(tmp_path / "missing" / "run.sqlite", report)
    writer.set_values({"a": 1})
    assert reported.wait(10)
    # What waited is written as soon as it can be.
    reported.clear()
    (tmp_path / "missing").mkdir()
    assert reported.wait(10)
    assert problems == ["unable to open database file", None]
    assert close_and_open(writer).execute("SELECT key FROM run").fetchall() == [("a",)]


def test_a_file_that_is_locked_waits(tmp_path, problems, monkeypatch):
    monkeypatch.setattr("kwidgets.record.run_file.writer._BUSY_SECONDS", 0.05)
    monkeypatch.setattr("kwidgets.record.run_file.writer.RETRY_SECONDS", 0.01)
    path = tmp_path / "run.sqlite"
    written, refused = threading.Event(), threading.Event()
    writer = RunWriter(path, lambda problem: (refused if problem else written).set())
    writer.set_values({"a": 1})
    other = sqlite3.connect(path, timeout=10, isolation_level=None)
    while not other.execute("SELECT 1 FROM sqlite_master WHERE name = 'run'").fetchone():
        pass
    other.execute("BEGIN IMMEDIATE")
    writer.set_values({"b": 2})
    assert refused.wait(10)
    other.execute("COMMIT")
    other.close()
    assert written.wait(10)
    keys = close_and_open(writer).execute("SELECT key FROM run ORDER BY key").fetchall()
    assert keys == [("a",), ("b",)]


KILLED = """
import pathlib, sys, time
from kwidgets.record.run_file.writer import RunWriter
from tests.record.run_files import write_run
writer = RunWriter(pathlib.Path(sys.argv[1]), print)
step = 0
while True:
    step += 1
    writer.add_numbers("point", {"step": step, "epoch": 0, "seconds": 0, "batches": 1}, {"loss": 1})
    if step % 100 == 0:
        print(step, flush=True)
        time.sleep(0.01)  # as many points as a quick fit: the writer empties its queue
"""


def test_a_killed_process_leaves_a_whole_file(tmp_path):
    path = tmp_path / "run.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    )
    steps = 0
    while not steps:
        process.stdout.readline()
        if path.exists():
            file = sqlite3.connect(path, timeout=10)
            tables = file.execute("SELECT 1 FROM sqlite_master WHERE name = 'point'").fetchone()
            steps = file.execute("SELECT count(*) FROM point").fetchone()[0] if tables else 0
            file.close()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    file = sqlite3.connect(path)
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # Whole transactions, without a gap.
    count, last = file.execute("SELECT count(*), max(step) FROM point").fetchone()
    assert count == last >= steps
