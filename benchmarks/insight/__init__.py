"""Measures what reading predictions costs a validation, beside what others do for the same."""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable

import keras

from benchmarks.insight import variants
from benchmarks.insight.models import MODELS, Trial

ROUNDS = 12


def measure(arguments: argparse.Namespace) -> None:
    backend = keras.backend.backend()
    print(f"\n| a validation ({backend}), processor time / bare | " + " | ".join(MODELS) + " |")
    print("|---|" + "---|" * len(MODELS))
    ratios: dict[str, list[str]] = {name: [] for name in [*variants.VARIANTS, "bare, ms a batch"]}
    for make in MODELS.values():
        trial = make()
        bare, others = _interleaved(trial)
        for name, seconds in others.items():
            ratios[name].append("–" if seconds is None else f"{seconds / bare:.2f}")
        ratios["bare, ms a batch"].append(f"{1000 * bare / trial.batches:.2f}")
    for name, values in ratios.items():
        budget = " (budget 1.25 a toy, 1.05 a CNN)" if name == variants.OURS else ""
        print(f"| {name}{budget} | " + " | ".join(values) + " |")


def _interleaved(trial: Trial) -> tuple[float, dict[str, float | None]]:
    """Return the least time of a bare validation, and of each variant; None where it cannot run."""
    runs: dict[str, Callable[[], None] | None] = {
        name: make(trial) for name, make in variants.VARIANTS.items()
    }
    bare = variants.bare(trial)
    for run in (bare, *runs.values()):
        if run is not None:
            run()  # compiles
    times: dict[str, list[float]] = {name: [] for name in ("bare", *runs)}
    for _ in range(ROUNDS):
        for name, run in (("bare", bare), *runs.items()):
            if run is not None:
                gc.collect()
                began = time.process_time()
                run()
                times[name].append(time.process_time() - began)
    return min(times["bare"]), {name: min(times[name]) if times[name] else None for name in runs}
