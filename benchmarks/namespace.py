"""Measures the scan of the user's namespace after each cell, and the description of a model."""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import statistics
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kwidgets.models.describe.model_entry import model_entry
from kwidgets.models.describe.model_summary import describe
from kwidgets.models.namespace.model_finder import ModelFinder

SCANS = 200
MODELS = ("MobileNetV3Small", "ResNet152V2", "EfficientNetV2L")


def measure(arguments: argparse.Namespace) -> None:
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    values = (1, "text", np.ones(3), [1, 2, 3])
    namespaces: dict[str, dict[str, Any]] = {
        "10 names": {f"n{i}": values[i % 4] for i in range(10)},
        "10,000 names": {f"n{i}": values[i % 4] for i in range(10_000)},
        "a list of ten million": {"long": list(range(10_000_000))},
        "10,000 lists of 1,000": {f"n{i}": [0] * 1000 for i in range(10_000)},
        "a dict of a million": {"wide": dict.fromkeys(range(1_000_000))},
    }
    print("\n| a scan of the namespace | median ms | p95 ms |\n|---|---|---|")
    for name, namespace in namespaces.items():
        finder = ModelFinder(lambda namespace=namespace: {**namespace, "net": net})
        times = timed(finder.scan, SCANS)
        print(f"| {name} | {1e3 * statistics.median(times):.2f} | {1e3 * p95(times):.2f} |")
    listing = {**namespaces["10,000 names"], "net": net}
    times = timed(lambda: list_with_repr(listing), 5)
    print(f"| peer: `repr` of each of 10,000 names | {1e3 * statistics.median(times):.1f} | – |")
    print("\n| a model | layers | entry ms | summary ms | `model.summary()` ms |")
    print("|---|---|---|---|---|")
    for name in MODELS:
        model = getattr(keras.applications, name)(weights=None)
        row = [
            1e3 * statistics.median(timed(work, 5))
            for work in (
                lambda model=model: model_entry(model, "key", ("model",)),
                lambda model=model: describe(model),
                lambda model=model: printed(model),
            )
        ]
        cells = " | ".join(f"{value:.1f}" for value in row)
        print(f"| {name} | {len(model.layers):,} | {cells} |")


def timed(work: Callable[[], object], times: int) -> list[float]:
    work()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def list_with_repr(namespace: dict[str, Any]) -> collections.Counter[str]:
    """Do the least that a variable inspector does: the type and the text of every variable."""
    return collections.Counter(type(value).__name__ + repr(value) for value in namespace.values())


def printed(model: keras.Model) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        model.summary()
