"""Encode exports for the wire."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from kwidgets.formats import protocol
from kwidgets.formats.export.job import ExportJob
from kwidgets.formats.export.result import Difference, ExportFacts, ExportRow, Metric
from kwidgets.formats.export.server.write import SERVED
from kwidgets.formats.export.targets import TARGETS, Target, missing_modules
from kwidgets.protocol import wire_number

# Those that are chosen at first: the own format and the most portable one.
_CHOSEN = ("keras", "onnx")
_CALIBRATED = ("litert_int8",)


def encode_targets() -> list[protocol.TargetRow]:
    """Return the formats, each with what is not installed."""
    return [_target(target, _missing(target)) for target in TARGETS]


def _missing(target: Target) -> list[str]:
    missing = list(missing_modules(target))
    program = target.own_environment
    return [*missing, program] if program and shutil.which(program) is None else missing


def _target(target: Target, missing: list[str]) -> protocol.TargetRow:
    return protocol.TargetRow(
        id=target.id,
        title=target.title,
        runs_on=target.runs_on,
        suffix=target.suffix,
        missing=missing,
        install=target.install if missing else "",
        chosen=target.id in _CHOSEN and not missing,
        calibrated=target.id in _CALIBRATED,
    )


def encode_job(job: ExportJob, since: int = 0) -> protocol.ExportState:
    """Return the state of an export; without its rows if they are those of revision ``since``."""
    revision, facts = job.state()
    return encode_facts(job.id, revision, facts, with_rows=revision != since)


def encode_facts(
    job: str, revision: int, facts: ExportFacts, *, with_rows: bool = True
) -> protocol.ExportState:
    """Return what is known of an export."""
    return protocol.ExportState(
        job=job,
        revision=revision,
        state=facts.state,
        model_name=facts.model_name,
        folder=facts.folder,
        rows=[encode_row(row) for row in facts.rows] if with_rows else None,
        samples_from=facts.samples_from,
        num_samples=facts.num_samples,
        validation_from=facts.validation_from,
        num_validation=facts.num_validation,
        metrics=[(name, wire_number(value)) for name, value in facts.metrics],
        notes=list(facts.notes),
        step=facts.step,
        seconds=facts.seconds,
    )


def encode_row(row: ExportRow) -> protocol.ExportRowMessage:
    """Return a format as the table shows it."""
    return protocol.ExportRowMessage(
        target=row.target,
        title=row.title,
        status=row.status,
        path=row.path,
        num_bytes=row.num_bytes,
        difference=None if row.difference is None else _difference(row.difference),
        metrics=encode_metrics(row.metrics),
        latency=[
            protocol.LatencyRow(
                threads=each.threads, p50_ms=each.p50_ms, p95_ms=each.p95_ms, runs=each.runs
            )
            for each in row.latency
        ],
        lost=list(row.lost),
        notes=list(row.notes),
        problem=row.problem,
        install=row.install,
        has_code=bool(row.code or row.run_code),
        has_server=row.path is not None and row.target in SERVED,
        seconds=row.seconds,
    )


def encode_metrics(metrics: Iterable[Metric]) -> list[protocol.MetricRow]:
    """Return metrics of a model, before and after."""
    return [
        protocol.MetricRow(
            name=each.name, model=wire_number(each.model), export=wire_number(each.export)
        )
        for each in metrics
    ]


def _difference(difference: Difference) -> protocol.DifferenceRow:
    return protocol.DifferenceRow(
        maximum=wire_number(difference.maximum),
        mean=wire_number(difference.mean),
        scale=wire_number(difference.scale),
        same_class=difference.same_class,
        num_samples=difference.num_samples,
        output=difference.output,
    )
