"""Kill trainings at random moments and resume them: what is lost, and is it exact?

``python -m tests.record.killed_fits --times 34 --seed 0`` uses the backend of ``KERAS_BACKEND``. It
prints a line for each try and a summary, and ends with 1 if one failed. Checkpoints are taken as
often as the disk allows, so that many kills come while one is being written.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import json
import math
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

EPOCHS, STEPS = 3, 30
#: A training takes about two seconds, in which the kill comes.
_STEP_SECONDS = 0.02
_START_SECONDS = 300.0
# keras.utils.set_random_seed imports TensorFlow on every backend.
_PRELOADED = [
    "keras",
    "tensorflow",
    "kwidgets",
    "kwidgets.live.callback",
    "kwidgets.record.observers",
]


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of one killed training.

    Attributes:
        lost_seconds: between the first point that is not recorded and the kill; None if it was
            killed in its first step.
        checkpoints: complete ones.
        resumed: whether the second training went on from one of them.
        problem: what is wrong, or "".
    """

    lost_seconds: float | None
    checkpoints: int
    resumed: bool
    problem: str


def train(runs: str, report: Any, is_slow: bool, resume: bool) -> None:
    """Train a small model with everything random in it. In a process of its own."""
    os.environ["KWIDGETS_RUNS"] = runs
    import keras
    import numpy as np

    import kwidgets as kw
    from kwidgets.record.checkpoints import schedule

    schedule.FIRST_AFTER_SECONDS, schedule.MIN_INTERVAL_SECONDS = 0.05, 0.02  # type: ignore[misc]
    schedule.STALL_FACTOR = schedule.WRITE_FACTOR = 1.0  # type: ignore[misc]
    keras.utils.set_random_seed(5)
    x = np.random.default_rng(0).random((STEPS * 8, 16), dtype="float32")
    y = (x.sum(axis=1) > 8).astype("int32")
    layers = [
        keras.Input((16,)),
        keras.layers.Dense(64, "relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(2, "softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

    class Report(keras.callbacks.Callback):
        def get_state(self) -> dict[str, Any]:
            return {}

        def set_state(self, state: dict[str, Any]) -> None:
            pass

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            report.send(time.time())
            if is_slow:
                time.sleep(_STEP_SECONDS)

    plateau = keras.callbacks.ReduceLROnPlateau(patience=1, monitor="loss")
    live = kw.LivePlot(resume=resume)
    history = model.fit(
        x, y, batch_size=8, epochs=EPOCHS, callbacks=[Report(), plateau, live], verbose=0
    )
    values = [np.asarray(keras.ops.convert_to_numpy(v)) for v in _variables(model)]
    digest = hashlib.sha256(b"".join(value.tobytes() for value in values))
    assert live._run is not None
    notices = [notice["text"] for notice in live._run.describe_progress()["notices"]]
    report.send((digest.hexdigest(), history.history, notices))


def _variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def run(context: Any, runs: Path, is_slow: bool, resume: bool, kill_after: float | None) -> Any:
    """Train in a new process; return the times of its steps, its result and its notices."""
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=train, args=(str(runs), theirs, is_slow, resume))
    process.start()
    theirs.close()
    if not ours.poll(_START_SECONDS):
        process.kill()
        raise TimeoutError("the training did not begin")
    times, result, notices = [], None, []
    kill_at = math.inf
    with contextlib.suppress(EOFError):
        while True:
            left = kill_at - time.monotonic()
            if left <= 0:
                os.kill(process.pid, signal.SIGKILL)
                break
            if ours.poll(None if left == math.inf else left):
                told = ours.recv()
                if not isinstance(told, float):
                    *result, notices = told
                    break
                times.append(told)
                if kill_after is not None and len(times) == 2:
                    # The first step is the compilation, which takes longer than all others.
                    kill_at = time.monotonic() + kill_after
    killed_at = time.time()
    process.join(60)
    return times, result, notices, killed_at


def try_once(context: Any, folder: Path, expected: Any, kill_after: float) -> Result:
    """Kill a training so long after its first step, look at what is left, and resume it."""
    runs = folder / "runs"
    times, result, _, killed_at = run(context, runs, True, False, kill_after)
    if result is not None:
        return Result(None, 0, False, "" if result == expected else "the whole training differs")
    lost, checkpoints, problem = _look(runs, times, killed_at)
    if problem:
        return Result(lost, checkpoints, False, problem)
    _, result, notices, _ = run(context, runs, False, True, None)
    from kwidgets.record.run_file.reader import read_values

    newest = max(runs.glob("*.sqlite"))
    parent = read_values(newest, ["parent"])["parent"]
    resumed = parent is not None and parent["how"] == "resume"
    if checkpoints and not resumed:
        problem = f"not resumed: {notices}"
    elif result != expected:
        problem = "resumed, and not exact" if resumed else "started again, and not the same"
    return Result(lost, checkpoints, resumed, problem)


def _look(runs: Path, times: list[float], killed_at: float) -> tuple[float | None, int, str]:
    """Return what was lost, the number of checkpoints, and what is wrong."""
    from kwidgets.record.checkpoints.folder import TEMPORARY, CheckpointError, CheckpointFolder
    from kwidgets.record.run_file.reader import read_info

    checkpoints = 0
    for folder in runs.glob("*.checkpoints/*"):
        if folder.name.startswith(TEMPORARY):
            continue
        try:
            CheckpointFolder.open(folder).read_arrays()
        except CheckpointError as error:
            return None, checkpoints, f"a checkpoint is damaged: {error}"
        checkpoints += 1
    files = list(runs.glob("*.sqlite"))
    if not files:
        # Killed before the first transaction.
        return (killed_at - times[1] if len(times) > 1 else None), checkpoints, ""
    (path,) = files
    with contextlib.closing(sqlite3.connect(path)) as file:
        if file.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return None, checkpoints, "the run file is damaged"
        tables = file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables:
            return (killed_at - times[1] if len(times) > 1 else None), checkpoints, ""
        step = file.execute("SELECT max(step) FROM point").fetchone()[0] or 0
    if read_info(path).state != "died":
        return None, checkpoints, "the run is not recognized as dead"
    # The first step that is not there had its point when the next one began.
    lost = killed_at - times[step + 1] if step + 1 < len(times) else 0.0
    return lost, checkpoints, ""


def main() -> int:
    """Run the tries that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=34)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    # Each training is forked from a process that has imported, and not computed, anything.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    chance = random.Random(options.seed)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        _, expected, *_ = run(context, Path(folder, "whole"), False, False, None)
        for number in range(options.times):
            kill_after = chance.uniform(0.0, EPOCHS * STEPS * _STEP_SECONDS * 1.1)
            result = try_once(context, Path(folder, str(number)), expected, kill_after)
            results.append(result)
            print(
                json.dumps({"after": round(kill_after, 3), **dataclasses.asdict(result)}),
                flush=True,
            )
    lost = [r.lost_seconds for r in results if r.lost_seconds is not None]
    failed = [r for r in results if r.problem]
    print(
        f"{len(results)} kills, {len(failed)} failed, {sum(r.resumed for r in results)} resumed; "
        f"lost seconds of points: at most {max(lost, default=0):.2f}, "
        f"median {sorted(lost)[len(lost) // 2] if lost else 0:.2f}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
