"""Measures what a user waits for at the recorded runs: the list, the curves, and their answers."""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kwidgets.record import protocol
from kwidgets.record.page.request_handler import RequestHandler
from kwidgets.record.run_file.folder import VARIABLE
from kwidgets.record.run_file.reader import read_info
from kwidgets.record.run_list import RunFiles
from kwidgets.record.run_numbers import load_history, load_store
from tests.record.run_files import write_run

RUNS = 1_000
POINTS = 1_000_000
METRICS = ("loss", "accuracy", "auc", "mae", "learning_rate")
ROUNDS = 5


def measure(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _measure_list(Path(folder) / "runs")
        _measure_points(Path(folder) / "long")


def _measure_list(folder: Path) -> None:
    for i in range(RUNS):
        write_run(folder, f"20260528-202640-{i:06}", created=1_780_000_000.0 + i)
    os.environ[VARIABLE] = str(folder)
    handler = RequestHandler()
    files = RunFiles()
    request = {"scope": "folder", "since": 0}
    first, _ = handler.answer(protocol.LIST_RUNS, request)
    again = {**request, "since": first["value"]["revision"]}
    ids = first["value"]["ids"][:20]

    def draw() -> None:
        for run_id in ids:
            handler.answer(protocol.RUN_CURVES, {"run": run_id, "seen": ""})

    print(f"\n| {RUNS:,} recorded runs | ms | processor ms |\n|---|---|---|")
    _row("read for the first time", lambda: RunFiles().list_folders([folder]))
    _row("listed again", lambda: files.list_folders([folder]))
    _row("answer to a page, all", lambda: handler.answer(protocol.LIST_RUNS, request))
    _row("answer to a page, nothing new", lambda: handler.answer(protocol.LIST_RUNS, again))
    _row("curves of 20 runs", draw)
    size = len(json.dumps(first))
    print(f"\nThe first answer has {size / 1e3:.0f} kB, a later one 0.2 kB.")


def _measure_points(folder: Path) -> None:
    points = [
        (3 * i, i / 1000, i / 10, 3, {name: random.random() for name in METRICS})
        for i in range(1, POINTS + 1)
    ]
    path = write_run(folder, "long", points=points)
    info = read_info(path)
    megabytes = path.stat().st_size / 1e6
    title = f"a run of {POINTS:,} points, {len(METRICS)} metrics, {megabytes:.0f} MB"
    print(f"\n| {title} | ms | processor ms |\n|---|---|---|")
    _row("a chart's 1,000 rows", lambda: load_store(info))
    _row("a figure's 2,000 rows", lambda: load_store(info, 2_000))
    _row("`history`, with extremes", lambda: load_history(info))


def _row(name: str, function: Callable[[], Any]) -> None:
    times: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        began, processor = time.perf_counter(), time.process_time()
        function()
        times.append((time.perf_counter() - began, time.process_time() - processor))
    medians = [1e3 * statistics.median(column) for column in zip(*times, strict=True)]
    print(f"| {name} | {medians[0]:.0f} | {medians[1]:.0f} |")
