"""Answer the requests of a view of recorded runs, independent of how they arrive."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from kwidgets.language import t
from kwidgets.protocol import shortened, wire_number
from kwidgets.record import protocol
from kwidgets.record.compare.comparison import compare_runs, parameter_count
from kwidgets.record.compare.layers import layer_names
from kwidgets.record.compare.values import flatten
from kwidgets.record.export.export_run import Target, export_run
from kwidgets.record.export.exported import ExportError
from kwidgets.record.page.encode import encode_curves, encode_difference, encode_settings
from kwidgets.record.page.run_rows import RunRows
from kwidgets.record.replay.of_run import replay_run
from kwidgets.record.replay.recorded_fit import ReplayError
from kwidgets.record.run import checked_tags
from kwidgets.record.run_file.edits import delete_checkpoints, delete_run_file, write_values
from kwidgets.record.run_file.numbers import read_revision
from kwidgets.record.run_file.open_file import UnreadableRunError
from kwidgets.record.run_file.reader import (
    read_acts,
    read_checkpoints,
    read_insight,
    read_marks,
    read_values,
)
from kwidgets.record.run_file.run_info import RunInfo
from kwidgets.record.run_filter import parse_filter
from kwidgets.record.run_list import SCOPES, Scope, run_files

MAX_NAME_LENGTH = 200
MAX_NOTES_LENGTH = 20_000
MAX_TAGS = 50

# What a page shows to the user.
_REFUSALS = (ValueError, UnreadableRunError, OSError, TypeError, ReplayError, ExportError)


class RefusalError(ValueError):
    """A request cannot be answered; the message is shown to the user."""


class RequestHandler:
    """Answers requests one at a time, in one thread."""

    def __init__(self) -> None:
        self._rows = RunRows()
        self._sequence = 0
        self._answers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            protocol.LIST_RUNS: self._list,
            protocol.FILTER_RUNS: self._filter,
            protocol.RUN_CURVES: self._curves,
            protocol.RUN_DETAILS: self._details,
            protocol.RUN_INSIGHT: self._insight,
            protocol.COMPARE_RUNS: self._compare,
            protocol.EDIT_RUN: self._edit,
            protocol.DELETE_RUNS: self._delete,
            protocol.DELETE_CHECKPOINTS: self._delete_checkpoints,
            protocol.REPLAY_RUN: self._replay,
            protocol.EXPORT_RUN: self._export,
        }

    def answer(self, kind: str, payload: object) -> protocol.RunsAnswer:
        """Return the answer to a request. Does not raise."""
        try:
            if kind not in self._answers or not isinstance(payload, dict):
                raise RefusalError(f"unknown request {kind!r}")
            value = self._answers[kind](payload)
        except _REFUSALS as error:
            return protocol.RunsAnswer(ok=False, message=shortened(str(error)))
        return protocol.RunsAnswer(ok=True, value=value)

    def _list(self, payload: Mapping[str, Any]) -> protocol.RunList:
        scope, since = _scope(payload), payload.get("since")
        listing = run_files.list(scope)
        return self._rows.changes(listing, scope, since if isinstance(since, int) else 0)

    def _filter(self, payload: Mapping[str, Any]) -> protocol.FilteredRuns:
        runs = run_files.list(_scope(payload)).runs
        condition = parse_filter(_text(payload, "text"))
        condition.check(runs)
        return protocol.FilteredRuns(ids=[run.id for run in runs if condition.matches(run)])

    def _curves(self, payload: Mapping[str, Any]) -> protocol.RunCurves:
        run = _run(payload)
        seen = "-".join(map(str, (*read_revision(run.path), run.state, run.title)))
        if payload.get("seen") == seen:
            return protocol.RunCurves(run=run.id, seen=seen, snapshot=None)
        self._sequence += 1
        snapshot = encode_curves(run, self._sequence)
        return protocol.RunCurves(run=run.id, seen=seen, snapshot=snapshot)

    def _details(self, payload: Mapping[str, Any]) -> protocol.RunDetails:
        run = _run(payload)
        values = read_values(run.path)
        layers = layer_names(values["model_config"])
        return protocol.RunDetails(
            run=run.id,
            path=str(run.path),
            code=values["code"] if isinstance(values["code"], str) else None,
            layers=encode_settings(layers) if layers else None,
            parameters=parameter_count(values["variables"]),
            compile=encode_settings(flatten(values["compile_config"])),
            fit=encode_settings(flatten(values["fit_arguments"])),
            data=encode_settings(flatten(values["data"])),
            seeds=encode_settings(flatten(values["seeds"])),
            versions=encode_settings(flatten(values["versions"])),
            environment=encode_settings(flatten(values["environment"])),
            marks=read_marks(run.path),
            acts=[
                protocol.ActRow(
                    epoch=act.epoch,
                    batch=act.batch,
                    do=act.do,
                    value=None if act.value is None else wire_number(act.value),
                    by=act.by,
                )
                for act in read_acts(run.path)
            ],
            checkpoints=[
                protocol.CheckpointRow(
                    name=each.folder.name,
                    step=each.step,
                    epoch=each.epoch,
                    batch=each.batch,
                    bytes=each.bytes,
                    reason=each.reason,
                    label=each.label,
                    created=each.created,
                )
                for each in read_checkpoints(run.path)
            ],
        )

    def _insight(self, payload: Mapping[str, Any]) -> protocol.RunInsight:
        run = _run(payload)
        # Whatever the number of the fit was in its view.
        parts = [{**part, "fit": 1} for part in read_insight(run.path)]
        seen = f"{zlib.crc32(json.dumps(parts).encode()):x}"
        is_seen = payload.get("seen") == seen
        return protocol.RunInsight(run=run.id, seen=seen, parts=None if is_seen else parts)

    def _compare(self, payload: Mapping[str, Any]) -> protocol.Difference:
        first, second = _run(payload, "first"), _run(payload, "second")
        return encode_difference(compare_runs(first.path, second.path))

    def _edit(self, payload: Mapping[str, Any]) -> None:
        run = _run(payload)
        changes: dict[str, Any] = {}
        if "name" in payload:
            changes["name"] = _text(payload, "name")[:MAX_NAME_LENGTH].strip()
        if "notes" in payload:
            changes["notes"] = _text(payload, "notes")[:MAX_NOTES_LENGTH]
        if "tags" in payload:
            changes["tags"] = checked_tags(payload["tags"])[:MAX_TAGS]
        write_values(run.path, changes)

    def _delete(self, payload: Mapping[str, Any]) -> protocol.Deleted:
        return _deleted(payload, lambda run: delete_run_file(run.path))

    def _delete_checkpoints(self, payload: Mapping[str, Any]) -> protocol.Deleted:
        return _deleted(payload, lambda run: delete_checkpoints(run.path))

    def _replay(self, payload: Mapping[str, Any]) -> protocol.TextAnswer:
        return protocol.TextAnswer(text=replay_run(_run(payload).path))

    def _export(self, payload: Mapping[str, Any]) -> protocol.TextAnswer:
        exported = export_run(_run(payload).path, cast(Target, _text(payload, "target")))
        return protocol.TextAnswer(text=str(exported))


def _deleted(payload: Mapping[str, Any], delete: Callable[[RunInfo], int]) -> protocol.Deleted:
    ids = payload.get("runs")
    if not isinstance(ids, list):
        raise RefusalError("runs must be a list of ids")
    freed, problems = 0, []
    for run_id in ids:
        # Another page may have deleted it.
        run = run_files.find(run_id) if isinstance(run_id, str) else None
        if run is None:
            continue
        if run.state == "running":
            problems.append(t("%1 still runs. Stop it first.", run.title))
            continue
        try:
            freed += delete(run)
        except OSError as error:
            problems.append(f"{run.title}: {error}")
    return protocol.Deleted(bytes=freed, problems=problems)


def _run(payload: Mapping[str, Any], key: str = "run") -> RunInfo:
    """Return the run with an id that a page sends, which is never a path."""
    run_id = payload.get(key)
    run = run_files.find(run_id) if isinstance(run_id, str) else None
    if run is not None:
        return run
    raise RefusalError(t("This run no longer exists: its file was deleted."))


def _scope(payload: Mapping[str, Any]) -> Scope:
    scope = payload.get("scope")
    if scope not in SCOPES:
        raise RefusalError(f"scope must be one of {', '.join(SCOPES)}, not {scope!r}")
    found: Scope = scope
    return found


def _text(payload: Mapping[str, Any], key: str) -> str:
    text = payload.get(key)
    if not isinstance(text, str):
        raise RefusalError(f"{key} must be a text")
    return text
