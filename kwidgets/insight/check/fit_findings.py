"""What the Data tab of a running fit shows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kwidgets.insight import protocol
from kwidgets.insight.check.findings import find
from kwidgets.insight.check.program import Program
from kwidgets.insight.data.classes import ClassCount
from kwidgets.insight.data.dismissed import dismissed_ids
from kwidgets.insight.data.known_reports import KnownReports
from kwidgets.insight.data.measure import Deadline
from kwidgets.insight.data.report import ValueRange
from kwidgets.insight.data.samples import DataSample
from kwidgets.protocol import WireNumber, wire_number

#: Returns what samples look like, given (samples, …) and the names of the values of a row.
Describe = Callable[[NDArray[Any], tuple[str, ...]], Sequence[protocol.Looks]]

logger = logging.getLogger("kwidgets")


def findings_of_fit(
    model: keras.Model | Program,
    x: Any,
    y: Any = None,
    *,
    names: Mapping[str, str] | None = None,
    describe: Describe | None = None,
    is_split: bool = False,
    limit: Deadline | None = None,
    known: KnownReports | None = None,
    **arguments: Any,
) -> protocol.DataPart:
    """Return what was found in the data and the program of a fit.

    It can be called from any thread, keeps no reference to the data, and changes nothing. Nothing
    is drawn from datasets, because that could change the training.

    Args:
        model: the model of the fit; during a fit with JAX, what
            :func:`kwidgets.insight.check.program.describe_program` has read of it before the first
            step.
        x, y: as passed to fit.
        describe: returns what samples look like, of their inputs (samples, …) and the names of
            their values; without it they are described in words.
        names: the code of each argument by its name, such as ``{"x": "x_train"}``; the code of the
            parts of ``validation_data`` as ``validation_x`` and ``validation_y``.
        is_split: whether ``validation_data`` is what ``validation_split`` has taken from x and y,
            as it is in the local variables of fit.
        limit: of the search for NaN and equal rows.
        known: what was found in the data of earlier fits; with a limit only.
        arguments: the other arguments of fit.
    """
    given = {"x": x, "y": y, "is_split": is_split, **arguments}
    report, findings = find(
        model, given, names or {}, draws_batches=False, is_split=is_split, limit=limit, known=known
    )
    hidden = dismissed_ids()
    shown = [each for each in findings if each.id not in hidden]
    return {
        "state": "ready",
        "reason": None,
        "part_of": report.part_of,
        "findings": [each.to_wire() for each in shown],
        "dismissed": len(findings) - len(shown),
        "balance": _balance(report.balance),
        "inputs": [_range(each) for each in report.ranges],
        "samples": _samples(report.samples, describe),
    }


def _balance(counts: tuple[ClassCount, ...]) -> protocol.Balance | None:
    if not counts:
        return None
    others = [each.validation for each in counts]
    return {
        "names": [each.name for each in counts],
        "training": [each.training for each in counts],
        "validation": None if None in others else [each or 0 for each in others],
    }


def _range(each: ValueRange) -> protocol.ValueRange:
    return {
        "name": each.name,
        "shape": list(each.shape),
        "dtype": each.dtype,
        "split": "validation" if each.split == "validation" else "training",
        "low": _number(each.low),
        "high": _number(each.high),
        "mean": _number(each.mean),
        "deviation": _number(each.deviation),
        "nan": each.nan,
        "infinite": each.infinite,
    }


def _samples(samples: tuple[DataSample, ...], describe: Describe | None) -> list[protocol.Sample]:
    looks: list[protocol.Looks] = [{"kind": "values", "text": each.text} for each in samples]
    values = [each.value for each in samples if each.value is not None]
    if describe is not None and samples and len(values) == len(samples):
        try:
            looks = list(describe(np.stack(values), samples[0].columns))
        except Exception:
            logger.warning("samples of the data cannot be drawn", exc_info=True)
    return [_sample(each, look) for each, look in zip(samples, looks, strict=True)]


def _sample(each: DataSample, looks: protocol.Looks) -> protocol.Sample:
    return {
        "key": each.code or each.text,
        "index": each.index,
        "code": each.code,
        "true": each.target,
        "predicted": "",
        "right": None,
        "probability": None,
        "loss": "NaN",
        "looks": looks,
    }


def _number(value: float | None) -> WireNumber:
    return wire_number(float("nan") if value is None else value)
