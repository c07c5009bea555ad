"""A program that reads one file back by its own runtime, runs it on samples, and times it.

It is a fresh process for each file: nothing of the model that was exported is in it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from kwidgets.formats.export.child import ChildError, serve
from kwidgets.formats.export.prepared import Arrays, batch_of, load_arrays, save_arrays
from kwidgets.formats.export.problems import problem_of
from kwidgets.formats.export.runtimes.runtime import Runner, module_of
from kwidgets.formats.export.signature_json import from_json
from kwidgets.formats.export.targets import target_of
from kwidgets.language import Message, message

_BATCH: Final = 32
# The latency is measured for so long, or so many times.
_SECONDS: Final = 1.0
_MAX_RUNS: Final = 200
_MIN_RUNS: Final = 5
_WARM_UP_SECONDS: Final = 0.3
_MIN_WARM_UP: Final = 3


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run a file on the samples, or measure its latency.

    Args:
        request: ``out`` is the folder for the outputs, None to measure only; ``threads`` lists the
            numbers of threads to measure, of which the first one is used for the outputs.
    """
    target = target_of(request["target"])
    try:
        return _answer(request, target.id)
    except ChildError:
        raise
    except ImportError as error:
        raise ChildError(problem_of(error, target.title), error.name or "") from error
    except Exception as error:
        text = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
        problem = problem_of(error, target.title)
        if problem["key"].startswith("%1 could not be made"):
            problem = message("It was written, but its runtime cannot run it: %1", text)
        raise ChildError(problem) from error


def _answer(request: dict[str, Any], target: Any) -> dict[str, Any]:
    module, path = module_of(target), Path(request["path"])
    signature = from_json(request["signature"])
    threads: list[int] = request["threads"]
    samples = load_arrays(Path(request["samples"]))
    runner: Runner = module.open_file(path, threads[0], signature)
    notes, lost = list(runner.notes), []
    if request["out"] is not None:
        out = Path(request["out"])
        batch = signature.batch_size or _BATCH
        is_fixed = signature.batch_size is not None
        try:
            save_arrays(out / "samples.npz", run_all(runner, samples, batch, is_fixed))
        except Exception:
            if is_fixed:
                raise
            # Perhaps it takes only one at a time; if not, this raises what is wrong.
            batch = 1
            save_arrays(out / "samples.npz", run_all(runner, samples, batch))
            lost.append(message("Any batch size: it takes one sample at a time."))
        if request["validation"] is not None:
            validation = load_arrays(Path(request["validation"]))
            save_arrays(out / "validation.npz", run_all(runner, validation, batch, is_fixed))
    latency = []
    if request["latency"]:
        one = batch_of(samples, 0, signature.batch_size or 1)
        for count in threads:
            if count != threads[0]:
                runner = module.open_file(path, count, signature)
            latency.append({"threads": count, **measure(lambda: runner.run(one))})  # noqa: B023
    return {"notes": _distinct(notes), "lost": lost, "latency": latency}


def run_all(runner: Runner, inputs: Arrays, batch: int, is_fixed: bool = False) -> Arrays:
    """Return the outputs for all rows, a batch after the other; each has as many if it is fixed."""
    count = len(next(iter(inputs.values())))
    parts = [
        runner.run(batch_of(inputs, start, batch if is_fixed else min(batch, count - start)))
        for start in range(0, count, batch)
    ]
    return {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}


def measure(run: Callable[[], object]) -> dict[str, float]:
    """Return how long one call takes: median and 95th percentile, in milliseconds."""
    begun = time.perf_counter()
    for _ in range(_MIN_WARM_UP):
        run()
    while time.perf_counter() - begun < _WARM_UP_SECONDS:
        run()
    times: list[float] = []
    begun = time.perf_counter()
    while len(times) < _MAX_RUNS and (
        len(times) < _MIN_RUNS or time.perf_counter() - begun < _SECONDS
    ):
        before = time.perf_counter()
        run()
        times.append((time.perf_counter() - before) * 1000)
    p50, p95 = np.percentile(times, (50, 95))
    return {"p50_ms": float(p50), "p95_ms": float(p95), "runs": len(times)}


def _distinct(notes: list[Message]) -> list[Message]:
    return [note for index, note in enumerate(notes) if note not in notes[:index]]


if __name__ == "__main__":
    if os.environ.get("KWIDGETS_ONE_PROCESSOR") and hasattr(os, "sched_setaffinity"):
        # Before any library counts the processors.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    serve(answer)
