"""Find what is wrong with the data and the program of a fit."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any, Final

import keras

from kwidgets.insight.check.advice_findings import advice_findings
from kwidgets.insight.check.program import Program, describe_program
from kwidgets.insight.check.weight_findings import weight_findings
from kwidgets.insight.data.finding import Finding, worst_first
from kwidgets.insight.data.known_reports import KnownReports
from kwidgets.insight.data.measure import Deadline
from kwidgets.insight.data.report import Data, Report, report_on

# Rules that are about the data as much as about the model, by the beginning of the findings' ids.
_ABOUT_DATA: Final = (
    "unscaled-",
    "not-numbers",
    "labels-",
    "negative-labels",
    "too-few-units",
    "input-mismatch",
    "missing-channels",
    "channels-first",
    "embedding-",
    "tokens-",
    "is-a-list",
    "unbatched",
    "lengths-differ",
    "validation-mismatch",
    "validation-targets",
    "y-with-dataset",
)

logger = logging.getLogger("kwidgets")


def find(
    model: keras.Model | Program | None,
    arguments: Mapping[str, Any],
    names: Mapping[str, str],
    about_data_only: bool = False,
    draws_batches: bool = True,
    is_split: bool = False,
    limit: Deadline | None = None,
    known: KnownReports | None = None,
) -> tuple[Report, tuple[Finding, ...]]:
    """Return what was found in the data, and all findings, worst first. Nothing is raised.

    Args:
        model: the model, or what was read of it before; None without one.
        arguments: of fit: x, y, validation_data, validation_split …
        names: the code of each argument, and of the model.
        about_data_only: whether mistakes are left out that are in the model alone.
        draws_batches: whether datasets may be asked for their first batches.
        is_split: whether ``validation_data`` is what ``validation_split`` has taken from x and y.
        limit: of the search in the data.
        known: what was found in the data of earlier fits.
    """
    program = model if isinstance(model, Program) else None
    if program is None and model is not None:
        try:
            program = describe_program(model, arguments, names.get("model") or "model")
        except Exception:
            logger.warning("the model cannot be checked", exc_info=True)
    split = arguments.get("validation_split")
    data = Data(
        arguments.get("x"),
        arguments.get("y"),
        arguments.get("validation_data"),
        split if isinstance(split, (int, float)) and not isinstance(split, bool) else 0.0,
        names,
        is_weighted=arguments.get("class_weight") is not None
        or arguments.get("sample_weight") is not None
        or (program is not None and program.is_weighted),
        has_classes=None if program is None else program.has_classes,
        has_model=program is not None and bool(program.views),
        hides_nan=_hides_nan(),
        draws_batches=draws_batches,
        is_split=is_split,
    )
    report = (
        report_on(data, limit) if known is None or limit is None else known.report_on(data, limit)
    )
    found = [*report.findings, *weight_findings(arguments, names)]
    if program is not None:
        try:
            if is_split:
                data = dataclasses.replace(data, validation_data=None)
            advice = advice_findings(program, data, report.looked_at, report.findings)
            found += [
                each for each in advice if not about_data_only or each.id.startswith(_ABOUT_DATA)
            ]
        except Exception:
            logger.warning("the model cannot be checked", exc_info=True)
    return report, worst_first(found)


def _hides_nan() -> bool:
    """Return whether a compiled graph turns NaN into 0: TensorFlow on a CPU, with oneDNN."""
    if keras.backend.backend() != "tensorflow":
        return False
    try:
        import tensorflow as tf

        return not tf.config.list_physical_devices("GPU")
    except Exception:
        return False
