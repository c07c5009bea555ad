"""Measures what LiveLoop adds to a step of a training loop, in processor time in this process.

The steps do nothing, so that all of the time is its own. It shows no view: that of a message is
among the costs of a fit (``--only steps``).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import kwidgets as kw
from kwidgets.live.run import fit_run

STEPS = 200_000
ROUNDS = 7


def measure(arguments: argparse.Namespace) -> None:
    tensor = keras.ops.convert_to_tensor(0.5)
    logged: dict[str, Callable[[kw.LiveLoop], None]] = {
        "nothing logged": lambda live: None,
        "a float": lambda live: live.log(loss=0.5),
        "a NumPy scalar": lambda live: live.log(loss=np.float32(0.5)),
        f"a tensor ({keras.backend.backend()})": lambda live: live.log(loss=tensor),
        "two tensors": lambda live: live.log(loss=tensor, accuracy=tensor),
    }
    print("\n| a step of a LiveLoop | µs, nothing due | µs, with samples | budget |")
    print("|---|---|---|---|")
    for name, log in logged.items():
        idle, sampled = [], []
        for _ in range(ROUNDS):
            bare = _microseconds_a_step(_Bare(), log)
            sampled.append(_microseconds_a_step(kw.LiveLoop(), log) - bare)
            with _sampling_every(1e9):
                idle.append(_microseconds_a_step(kw.LiveLoop(), log) - bare)
        print(
            f"| {name} | {statistics.median(idle):.2f} | {statistics.median(sampled):.2f} | ≤ 2 |"
        )


def _microseconds_a_step(live: Any, log: Callable[[Any], None]) -> float:
    # Where it prints is no part of it.
    with contextlib.redirect_stdout(io.StringIO()), live:
        started = time.process_time()
        for _ in live.steps(range(STEPS)):
            log(live)
        return 1e6 * (time.process_time() - started) / STEPS


class _Bare:
    """What a loop without LiveLoop would do: call the function that would log."""

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...

    def steps(self, steps: range) -> range:
        return steps

    def log(self, **values: object) -> None: ...


@contextlib.contextmanager
def _sampling_every(seconds: float) -> Any:
    before = fit_run.SAMPLE_SECONDS
    fit_run.SAMPLE_SECONDS = seconds
    try:
        yield
    finally:
        fit_run.SAMPLE_SECONDS = before
