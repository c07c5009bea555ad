"""Answer the requests of a panel that exports a model, independent of how they arrive."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from kwidgets.formats import protocol
from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.exports import Exports
from kwidgets.formats.export.job import ExportJob, JobOptions
from kwidgets.formats.export.jobs import jobs
from kwidgets.formats.export.prepare import prepare
from kwidgets.formats.export.prepared import Prepared
from kwidgets.formats.export.result import ExportRow
from kwidgets.formats.export.server.write import COMMAND
from kwidgets.formats.export.start import (
    checked_folder,
    chosen_targets,
    default_folder,
    start_prepared,
)
from kwidgets.formats.page.data_choices import data_choices, random_samples, values_of
from kwidgets.formats.page.encode import encode_job, encode_targets
from kwidgets.formats.page.find_model import find_model, refuse_while_training
from kwidgets.formats.page.saved import saved_bundle
from kwidgets.formats.page.slims import Slims
from kwidgets.language import Message, message, t
from kwidgets.model_keys import model_keys
from kwidgets.protocol import shortened

MAX_PATH_LENGTH = 4_000
# What a page shows to the user.
_REFUSALS = (ValueError, TypeError, OSError, MemoryError, ImportError, RuntimeError)


class RequestHandler:
    """Answers requests one at a time, in one thread.

    Args:
        namespace: returns the user's variables.
    """

    def __init__(self, namespace: Callable[[], Mapping[str, Any]]) -> None:
        self._namespace = namespace
        self._slims = Slims(namespace)
        self._answers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            protocol.EXPORT_TARGETS: self._targets,
            protocol.START_EXPORT: self._start,
            protocol.EXPORT_STATE: self._state,
            protocol.STOP_EXPORT: self._stop,
            protocol.EXPORT_CODE: self._code,
            protocol.WRITE_SERVER: self._write_server,
            protocol.EXPORT_BUNDLE: self._bundle,
            protocol.START_SLIM: self._slims.start,
            protocol.UNDO_SLIM: self._slims.undo,
        }

    def answer(self, kind: str, payload: object) -> protocol.ExportAnswer:
        """Return the answer to a request. Does not raise."""
        try:
            if kind not in self._answers or not isinstance(payload, dict):
                raise FormatError(f"unknown request {kind!r}")
            return protocol.ExportAnswer(ok=True, value=self._answers[kind](payload))
        except _REFUSALS as error:
            text = str(error).strip() or type(error).__name__
            return protocol.ExportAnswer(ok=False, message=shortened(text))

    def _targets(self, payload: Mapping[str, Any]) -> protocol.TargetList:
        model = find_model(payload.get("model"))
        key = model_keys.key_of(model)
        choices = data_choices(model, self._namespace())
        job = jobs.of(key)
        return protocol.TargetList(
            model=key,
            model_name=str(model.name),
            targets=encode_targets(),
            data=choices.data,
            samples=choices.samples,
            validation=choices.validation,
            folder=str(default_folder(model)),
            job=None if job is None else job.id,
            slim=self._slims.methods(model),
        )

    def _start(self, payload: Mapping[str, Any]) -> protocol.ExportState:
        model = find_model(payload.get("model"))
        running = jobs.of(model_keys.key_of(model))
        if running is not None and running.facts.state == "running":
            # Of another page, or clicked twice.
            return encode_job(running)
        refuse_while_training(model)
        targets = chosen_targets(_names(payload, "targets"))
        folder = checked_folder(model, _text(payload, "folder")[:MAX_PATH_LENGTH].strip() or None)
        prepared = self._prepare(model, payload)
        latency = payload.get("latency", True) is True
        return encode_job(
            start_prepared(model, prepared, targets, JobOptions(str(folder), latency))
        )

    def _prepare(self, model: Any, payload: Mapping[str, Any]) -> Prepared:
        namespace = self._namespace()
        samples, validation, calibration = None, None, None
        name, pair, calibrating = (
            payload.get("samples"),
            _names(payload, "validation"),
            _text(payload, "calibration"),
        )
        if name == "":
            samples = random_samples(model)
        elif isinstance(name, str):
            (samples,) = values_of([name], namespace)
        if pair:
            values = values_of(pair[:2], namespace)
            validation = tuple(values) if len(values) > 1 else values[0]
        if calibrating:
            (calibration,) = values_of([calibrating], namespace)
        prepared = prepare(model, samples, validation, calibration, namespace)
        return _with_sources(prepared, name, pair, calibrating)

    def _state(self, payload: Mapping[str, Any]) -> protocol.ExportState:
        since = payload.get("since")
        return encode_job(_job(payload), since if isinstance(since, int) else 0)

    def _stop(self, payload: Mapping[str, Any]) -> protocol.ExportState:
        job = _job(payload)
        job.stop()
        return encode_job(job)

    def _code(self, payload: Mapping[str, Any]) -> protocol.CodeAnswer:
        row = _row(payload)
        return protocol.CodeAnswer(code=row.code, run_code=row.run_code)

    def _write_server(self, payload: Mapping[str, Any]) -> protocol.ServerAnswer:
        job, row = _job(payload), _row(payload)
        exports = Exports(job)
        folder = exports.write_server(exports.folder / f"server-{row.target}", row.target)
        return protocol.ServerAnswer(
            folder=str(folder),
            files=sorted(each.name for each in folder.iterdir()),
            command=COMMAND,
        )

    def _bundle(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        model = find_model(payload.get("model"))
        return saved_bundle(model)


def _with_sources(
    prepared: Prepared, samples: object, pair: list[str], calibration: str
) -> Prepared:
    """Say which variables were chosen, where :func:`prepare` can say only that some were."""
    changes: dict[str, Any] = {}
    if samples == "":
        changes["samples"] = _from(prepared.samples, message("random numbers"))
        if not calibration:
            changes["calibration_from"] = message(
                "random numbers, so the sizes of activations are guessed; pass calibration="
            )
    elif isinstance(samples, str):
        source = message("the variable %1", samples)
        changes["samples"] = _from(prepared.samples, source)
        if not calibration:
            changes["calibration_from"] = source
    if calibration:
        changes["calibration_from"] = message("the variable %1", calibration)
    if pair and prepared.validation is not None:
        source = (
            message("the variables %1 and %2", pair[0], pair[1])
            if len(pair) > 1
            else message("the variable %1", pair[0])
        )
        changes["validation"] = _from(prepared.validation, source)
    return dataclasses.replace(prepared, **changes)


def _from(samples: Any, source: Message) -> Any:
    return dataclasses.replace(samples, source=source)


def _job(payload: Mapping[str, Any]) -> ExportJob:
    job_id = payload.get("job")
    job = jobs.get(job_id) if isinstance(job_id, str) else None
    if job is None:
        raise FormatError(t("This export is no longer known. Export the model again."))
    return job


def _row(payload: Mapping[str, Any]) -> ExportRow:
    target = payload.get("target")
    for row in _job(payload).facts.rows:
        if row.target == target:
            return row
    raise FormatError(t("This export has no format “%1”.", shortened(str(target), 100)))


def _text(payload: Mapping[str, Any], key: str) -> str:
    text = payload.get(key, "")
    if not isinstance(text, str):
        raise FormatError(f"{key} must be a text")
    return text


def _names(payload: Mapping[str, Any], key: str) -> list[str]:
    names = payload.get(key, [])
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise FormatError(f"{key} must be a list of names")
    return names
