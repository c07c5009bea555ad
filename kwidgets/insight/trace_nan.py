"""Find out where the NaN in a loss came from, from the data and the last good weights."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import keras

from kwidgets.insight.keras_internals import probe
from kwidgets.insight.keras_internals.good_weights import WeightsCopy
from kwidgets.insight.keras_internals.held_batch import FitArrays
from kwidgets.insight.keras_internals.layer_units import layer_units
from kwidgets.insight.layers.findings import growth_of
from kwidgets.insight.layers.measurement import Measurement
from kwidgets.insight.layers.readings import Reading
from kwidgets.insight.layers.verdict import (
    Verdict,
    data_verdict,
    growth_verdict,
    measured_verdict,
    rows_not_finite,
)
from kwidgets.insight.samples.references import find_reference

#: The batches are run for so long, and at most so many.
SECONDS: Final = 5.0
MAX_BATCHES: Final = 50


def trace_nan(
    model: Any,
    arrays: FitArrays | None,
    good: WeightsCopy | None,
    readings: list[Reading],
    step: int,
    namespace: dict[str, Any],
) -> Verdict:
    """Return where a NaN came from. On the training thread, after ``sync_variables``.

    Args:
        model: the model, whose weights are NaN by now.
        arrays: the training data; None if they come from an iterator.
        good: the last weights that were finite; None without any.
        readings: the last readings of the layers while the weights were finite, oldest first.
        step: after which the loss was NaN.
        namespace: the user's variables, for the code that fetches a row.
    """
    if arrays is not None:
        found = _in_data(arrays, step, namespace)
        if found is not None:
            return found
    checked = False
    if arrays is not None and good is not None and probe.why_not(model) is None:
        checked = True
        order = [unit.name for unit in layer_units(model) if unit.variables]
        batches = _measured(model, arrays, good)
        found = measured_verdict(batches, step, good.step, arrays.batch_size, order)
        if found is not None:
            return found
    finite = [r for r in readings if all(layer.finite for layer in r.layers)]
    growth = growth_of(finite, finite[-1].layers) if finite else None
    return growth_verdict(growth, step, checked)


def _in_data(arrays: FitArrays, step: int, namespace: dict[str, Any]) -> Verdict | None:
    for cause, structure in (("input", arrays.x), ("target", arrays.y)):
        for leaf in keras.tree.flatten(structure):
            rows = rows_not_finite(leaf)
            if not len(rows):
                continue
            reference = find_reference(leaf, namespace)
            return data_verdict(
                "input" if cause == "input" else "target",
                rows,
                step,
                arrays.batch_size,
                lambda row, reference=reference: reference.code(row) if reference else "",  # type: ignore[misc]
            )
    return None


def _measured(
    model: Any, arrays: FitArrays, good: WeightsCopy
) -> Iterator[tuple[int, Measurement]]:
    until = time.monotonic() + SECONDS
    count = min(arrays.batches, MAX_BATCHES)
    for i in range(count):
        number = i * arrays.batches // count
        yield number, probe.measure(model, arrays.batch(number), good.step, good.values)
        if time.monotonic() > until:
            return
